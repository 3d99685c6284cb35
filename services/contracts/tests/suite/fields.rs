//! What the shipped contracts say of themselves: columns, persons, descriptions.

use contracts::Contracts;
use serde_json::Value;

#[test]
fn every_shipped_field_has_a_description_and_an_example() {
    for contract in Contracts::shipped().unwrap().iter() {
        assert!(!contract.description().is_empty());
        for field in contract.fields() {
            assert!(!field.description.is_empty(), "{}.{}", contract.name(), field.name);
        }
        let document: Value = serde_json::from_str(contract.source()).unwrap();
        assert!(!document["examples"].as_array().unwrap().is_empty());
        for (name, property) in document["properties"].as_object().unwrap() {
            assert!(!property["examples"].as_array().unwrap().is_empty(), "{}.{name}", contract.name());
        }
    }
}

#[test]
fn persons_are_the_fields_that_name_or_may_name_someone() {
    let contracts = Contracts::shipped().unwrap();
    let persons = |stream: &str| -> Vec<String> {
        contracts.get(stream).unwrap().persons().iter().map(|(field, domain)| format!("{field}:{domain}")).collect()
    };
    assert_eq!(persons("calendar_audits"), ["entry_id:entry_id", "leader_id:person"]);
    assert_eq!(persons("pulse_surveys"), ["survey_id:survey_id", "leader_id:person", "entry_id:entry_id"]);
    let responses = ["response_id:response_id", "survey_id:survey_id", "leader_id:person", "respondent_id:respondent"];
    assert_eq!(persons("pulse_responses"), responses);
    let training = ["event_id:event_id", "person_id:person", "commitment_id:commitment_id", "partner_id:person"];
    assert_eq!(persons("training_events"), training);
    assert_eq!(persons("outcomes"), ["outcome_id:outcome_id"]);
    assert!(persons("sites").is_empty());
    assert_eq!(persons("leaders"), ["leader_id:person"]);
}

#[test]
fn columns_follow_the_schema_file() {
    let contracts = Contracts::shipped().unwrap();
    let schema = contracts.get("pulse_responses").unwrap().schema();
    let columns: Vec<String> = schema
        .fields()
        .iter()
        .map(|f| format!("{}{}: {}", f.name(), if f.is_nullable() { "?" } else { "" }, f.data_type()))
        .collect();
    assert_eq!(columns[0], "response_id: Utf8");
    assert_eq!(columns[1], "revision: Int64");
    assert_eq!(columns[2], "recorded_at: Timestamp(µs, \"UTC\")");
    assert_eq!(columns[8], "respondent_id?: Utf8");
    assert!(columns[10].starts_with("items: List("), "{}", columns[10]);
    let names: Vec<String> =
        contracts.get("pulse_responses").unwrap().fields().into_iter().map(|f| f.name).skip(10).collect();
    assert_eq!(names, ["items", "items[].item", "items[].score", "items[].min", "items[].max"]);

    let sites = contracts.get("sites").unwrap();
    let sure: Vec<&str> =
        sites.schema().fields().iter().filter(|f| !f.is_nullable()).map(|f| f.name().as_str()).collect();
    assert_eq!(sure, ["site_id"], "a deletion is a row of the key alone");
    assert!(sites.fields().iter().any(|f| f.name == "timezone" && f.required));
}
