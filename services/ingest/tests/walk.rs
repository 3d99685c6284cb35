//! The way of a record, as `lib.rs` tells it, names places that exist.

use std::path::Path;

#[test]
fn each_step_of_the_walk_is_a_function_of_its_file() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = std::fs::read_to_string(source.join("lib.rs")).unwrap();
    let named: Vec<(&str, &str)> = text.split('`').filter_map(|name| name.split_once(".rs::")).collect();
    assert!(named.len() > 10, "{named:?}");
    for (file, function) in named {
        let path = source.join("pipeline").join(file).with_extension("rs");
        let code = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(code.contains(&format!("fn {function}(")), "{}: no function {function}", path.display());
    }
}
