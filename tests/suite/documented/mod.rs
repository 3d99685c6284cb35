//! What the documents tell people to type, typed.

mod commands;
mod files;
mod tutorial;

use end_to_end::root;
use std::path::{Path, PathBuf};

/// A fenced block: where it begins, what it is said to be, and its text.
struct Block {
    line: usize,
    language: String,
    text: String,
}

/// The fenced blocks of a document, in their order.
fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(language), None) => {
                open = Some(Block { line: at + 1, language: language.to_owned(), text: String::new() });
            }
            (None, Some(block)) => block.text = format!("{}{line}\n", block.text),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block without an end");
    found
}

/// Every document of the repository, by its path in it.
fn documents() -> Vec<(String, String)> {
    let root = root().canonicalize().unwrap();
    let mut files = Vec::new();
    collect(&root, &mut files);
    let mut documents: Vec<(String, String)> = files
        .iter()
        .map(|file| (file.strip_prefix(&root).unwrap().display().to_string(), std::fs::read_to_string(file).unwrap()))
        .collect();
    documents.sort();
    documents
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            collect(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

/// The path, with the program under test before everything else.
fn path_with(program: &Path) -> String {
    format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap())
}
