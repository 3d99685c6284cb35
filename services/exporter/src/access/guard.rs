//! Before every request: who asks; after it: the headers of every answer.

use super::Access;
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Lets in who may read, whatever they ask for: health is no exception, as with Prometheus and its exporters.
pub(crate) async fn admit(State(access): State<Access>, request: Request, next: Next) -> Response {
    let rules = access.rules();
    let authorization = request.headers().get(header::AUTHORIZATION).cloned();
    let mut response = if rules.users.admit(authorization.as_ref()).await {
        next.run(request).await
    } else {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"Bellwether\", charset=\"UTF-8\"")];
        (StatusCode::UNAUTHORIZED, challenge, "Name and password, please.\n").into_response()
    };
    for (name, value) in &rules.headers.0 {
        response.headers_mut().insert(name, value.clone());
    }
    response
}
