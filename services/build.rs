//! The build script of `contracts` and of `bellwether`: lists the files of a folder of the repository, with their texts, so
//! that a new stream or query needs its file and no Rust.

use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    match env!("CARGO_PKG_NAME") {
        "contracts" => list("schemas", "json", "shipped.rs"),
        _ => {
            list("queries", "sql", "shipped_queries.rs")?;
            list("queries/catalogue", "sql", "shipped_catalogue.rs")
        }
    }
}

/// The files of a folder of the repository, as a list in a file that the crate includes.
fn list(folder: &str, ending: &str, target: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../..").join(folder).canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == ending) {
            files.push(path);
        }
    }
    files.sort();
    let mut list = String::from("&[\n");
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        writeln!(list, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join(target), list)?;
    Ok(())
}
