//! Reads one schema file into a [`Contract`]. Whatever the table or the checks cannot honour is a fault, never ignored.

mod checks;
mod conditions;
mod document;
mod fields;
mod pattern;
mod stream;

use crate::{contract::Contract, decode::Decoder, fault::FaultLog};
use document::Scope;
use serde_json::Value;
use std::sync::Arc;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The contract of a schema file, or `None` with the faults in the log.
pub(crate) fn read(file: &str, text: &str, log: &FaultLog) -> Option<Contract> {
    let document = match document::parse(text) {
        Ok(document) => document,
        Err(fault) => {
            log.add(fault.pointer, fault.what, "make the file one JSON object without repeated names");
            return None;
        }
    };
    let root = Scope::open(&document, String::new(), log)?;
    let contract = read_root(file, text, &root)?;
    if !log.is_empty() {
        return None;
    }
    let contract = Arc::new(contract);
    check_examples(&contract, &document, log);
    Arc::into_inner(contract).filter(|_| log.is_empty())
}

fn read_root(file: &str, text: &str, root: &Scope<'_>) -> Option<Contract> {
    if root.get("$schema").and_then(Value::as_str) != Some(DIALECT) {
        root.fault("$schema", "is not JSON Schema 2020-12", format!("write \"$schema\": \"{DIALECT}\""));
    }
    if root.text("type") != Some("object") {
        root.fault("type", "an event is a JSON object", "write \"type\": \"object\"");
    }
    let name = stream::name(file, root);
    let object = fields::object(root, String::new());
    let stream = stream::read(root, object.as_ref());
    let (mut conditions, mut checks) = (Vec::new(), Vec::new());
    if let Some(object) = &object {
        conditions = conditions::read(root, object);
        checks = checks::read(root, object);
    }
    root.refuse_unread(&["$id"]);
    let (name, object, stream) = (name?, object?, stream?);
    let persons =
        object.fields.iter().filter_map(|f| f.person.as_ref().map(|domain| (f.name.clone(), domain.clone()))).collect();
    Some(Contract {
        name,
        source: text.to_owned(),
        description: root.text("description").unwrap_or_default().to_owned(),
        schema: stream.arrow_schema(&object),
        topic: stream.topic,
        key: stream.key,
        event_time: stream.event_time,
        revision_span_weeks: stream.revision_span_weeks,
        persons,
        root: object,
        conditions,
        checks,
    })
}

/// Whole-event examples must be events: a schema that refuses its own example says something else than it means.
fn check_examples(contract: &Arc<Contract>, document: &Value, log: &FaultLog) {
    let examples = document.get("examples").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut decoder = Decoder::new(Arc::clone(contract), i64::MIN..i64::MAX).reporting_all();
    for example in examples {
        decoder.push(example.to_string().as_bytes());
    }
    for (index, rejection) in decoder.finish().rejected {
        log.add(
            format!("/examples/{index}"),
            format!("the example is not a valid event ({rejection})"),
            "correct the example or the schema",
        );
    }
}
