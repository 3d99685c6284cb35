//! No two files of a room import each other, in however many steps: whoever reads one can stop at those that it names.
//!
//! What a file imports is read from its text: its `use` lines, and paths through `crate`, `super` and its own modules. A name that
//! a file only hands on (`pub use`) is one of the file that owns it. Tests, and code behind `cfg(test)`, may import what they like.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The way to a module, and on to a name in it.
type Names = Vec<String>;

#[test]
fn no_files_of_a_room_import_each_other() {
    let services = Path::new(env!("CARGO_MANIFEST_DIR")).join("../services");
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    for room in fs::read_dir(services).unwrap().map(|room| room.unwrap().path().join("src")).filter(|src| src.is_dir())
    {
        let room = Room::read(&room);
        let imports = room.imports();
        assert!(imports.values().any(|files| !files.is_empty()), "read nothing of {:?}", imports.keys());
        found.extend(circles(&imports).into_iter().map(|circle| circle.into_iter().map(str::to_owned).collect()));
    }
    assert!(found.is_empty(), "these files import each other, move what they share into one of its own: {found:#?}");
}

#[test]
fn a_circle_through_a_module_that_hands_names_on_is_seen() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "mod inner; pub use inner::{Inner as Shown, other}; use crate::b::B;"),
        (
            "a/inner.rs",
            "/// A `crate::b` in words is none.\npub struct Inner; #[cfg(test)]\nmod tests { use crate::b::B; }",
        ),
        ("b.rs", "use crate::{a::{Shown}};"),
    ];
    let room = |inner: &str| {
        let files = files.map(|(file, text)| {
            let before = if file == "a/inner.rs" { inner } else { "" };
            (module(file), (file.to_owned(), code(&format!("{before}{text}"))))
        });
        Room { files: files.into_iter().collect() }
    };
    assert_eq!(circles(&room("").imports()), Vec::<BTreeSet<&str>>::new());
    for inner in ["use crate::b::B; ", "fn f() { super::super::b::B::new() } "] {
        assert_eq!(circles(&room(inner).imports()), [BTreeSet::from(["a/inner.rs", "b.rs"])], "{inner}");
    }
}

/// The source files of a crate: module → its file and its code.
#[derive(Debug)]
struct Room {
    files: BTreeMap<Names, (String, String)>,
}

impl Room {
    fn read(src: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![src.to_owned()];
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
                let file = path.strip_prefix(src).unwrap().to_str().unwrap().replace('\\', "/");
                if path.is_dir() {
                    folders.extend(Some(path).filter(|path| !path.ends_with("tests")));
                } else if file.ends_with(".rs") && !matches!(file.rsplit('/').next(), Some("main.rs" | "tests.rs")) {
                    let room = src.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
                    let text = fs::read_to_string(&path).unwrap();
                    files.insert(module(&file), (format!("{room}/src/{file}"), code(&text)));
                }
            }
        }
        Self { files }
    }

    /// File → the files whose names it uses.
    fn imports(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let handed_on: BTreeMap<&Names, BTreeMap<String, Names>> =
            self.files.iter().map(|(module, (_, code))| (module, self.handed_on(module, code))).collect();
        let files = self.files.iter().map(|(module, (file, code))| {
            let owners = self.used(module, code).into_iter().map(|path| self.owner(&path, &handed_on, 0));
            let imported = owners.filter(|owner| owner != file).collect();
            (file.as_str(), imported)
        });
        files.collect()
    }

    /// The file that owns the name at the end of a path.
    fn owner(&self, path: &[String], handed_on: &BTreeMap<&Names, BTreeMap<String, Names>>, depth: usize) -> &str {
        let (module, (file, _)) =
            (0..=path.len()).rev().find_map(|end| self.files.get_key_value(&path[..end])).unwrap();
        let rest = &path[module.len()..];
        match rest.first().and_then(|name| handed_on[module].get(name)).filter(|_| depth < 9) {
            Some(from) => self.owner(&[from, &rest[1..]].concat(), handed_on, depth + 1),
            None => file,
        }
    }

    /// Name → where it comes from, of what a module hands on.
    fn handed_on(&self, module: &Names, code: &str) -> BTreeMap<String, Names> {
        let uses = uses(code).into_iter().filter(|(public, _)| *public).flat_map(|(_, tree)| expanded(&tree));
        uses.filter_map(|(path, name)| Some((name, self.absolute(module, &path)?))).collect()
    }

    /// Every path that a module uses itself.
    fn used(&self, module: &Names, code: &str) -> Vec<Names> {
        let private = uses(code).into_iter().filter(|(public, _)| !public).flat_map(|(_, tree)| expanded(&tree));
        let mut paths: Vec<Names> = private.map(|(path, _)| path).collect();
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        for path in without_uses(code).split(|c| !word(c)).filter(|path| path.contains("::")) {
            paths.push(path.split("::").map(str::to_owned).collect());
        }
        paths.iter().filter_map(|path| self.absolute(module, path)).collect()
    }

    /// A path from the crate's root; `None` for one that leads elsewhere.
    fn absolute(&self, module: &Names, path: &[String]) -> Option<Names> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" => Some([module, &path[1..]].concat()),
            "super" => Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat()),
            _ => Some([module, path].concat()).filter(|path| self.files.contains_key(&path[..=module.len()])),
        }
    }
}

/// The module that a file is.
fn module(file: &str) -> Names {
    let names = file.trim_end_matches(".rs").split('/').filter(|name| !matches!(*name, "mod" | "lib"));
    names.map(str::to_owned).collect()
}

/// The text without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let tests = text.match_indices("#[cfg(test)]\nmod ").find(|(at, _)| {
        let declared = &text[at + "#[cfg(test)]\nmod ".len()..];
        declared.find('{') < declared.find(';')
    });
    let text = tests.map_or(text, |(at, _)| &text[..at]);
    // To whom a name can be seen is no import.
    let line = |line: &str| line.split("//").next().unwrap_or_default().replace("(in crate::", "(");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Every `use`: whether it hands names on, and its tree.
fn uses(code: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].rsplit(['\n', ';', '}']).next().unwrap_or_default().trim();
        if before.is_empty() || before.starts_with("pub") {
            let tree: String = code[at + 4..].chars().take_while(|c| *c != ';').collect();
            found.push((before.starts_with("pub"), tree));
        }
    }
    found
}

fn without_uses(code: &str) -> String {
    let mut rest = code.to_owned();
    for (_, tree) in uses(code) {
        rest = rest.replacen(&format!("use {tree};"), "", 1);
    }
    rest
}

/// The paths of a tree, each with the name that it is known by.
fn expanded(tree: &str) -> Vec<(Names, String)> {
    let tree = tree.trim();
    if let Some((before, inner)) = tree.split_once('{') {
        let inner = inner.trim_end().trim_end_matches('}');
        let parts = split(inner);
        return parts.iter().flat_map(|part| expanded(&format!("{}{}", before.trim(), part.trim()))).collect();
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let mut names: Names =
        path.split("::").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    if names.len() > 1 && names.last().is_some_and(|name| name == "self") {
        names.pop();
    }
    let name = alias.map(str::to_owned).or_else(|| names.last().cloned());
    name.map(|name| (names, name)).into_iter().collect()
}

/// The parts of a list between its outermost commas. The last brace may be missing.
fn split(list: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in list.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// Files that reach each other.
fn circles<'a>(imports: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<BTreeSet<&'a str>> {
    let reached = |from: &'a str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            next.extend(imports[file].iter().copied().filter(|other| seen.insert(*other)));
        }
        seen
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|file| (*file, reached(file))).collect();
    let circles: BTreeSet<BTreeSet<&str>> = reach
        .iter()
        .map(|(file, reached)| reached.iter().copied().filter(|other| reach[other].contains(file)).collect())
        .filter(|circle: &BTreeSet<&str>| !circle.is_empty())
        .collect();
    circles.into_iter().collect()
}
