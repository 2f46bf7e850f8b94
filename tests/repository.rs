//! What the repository promises beside its code: secrets cannot be committed by accident, each promise of
//! `docs/GUARANTEES.md` has its test, the documents name commands and files that exist.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All documents that people read, by their path from the root.
fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned(), "CHANGELOG.md".to_owned()];
    for folder in ["docs", "docs/decisions", "migrations"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found
}

#[test]
fn git_ignores_secrets_and_keeps_examples() {
    let ignored = |name: &str| {
        // --no-index: judged by the patterns alone, also where a file is tracked already.
        let status = Command::new("git")
            .args(["check-ignore", "--quiet", "--no-index", name])
            .current_dir(root())
            .status()
            .expect("git runs");
        match status.code() {
            Some(0) => true,
            Some(1) => false,
            other => panic!("git check-ignore {name} ended with {other:?}"),
        }
    };
    let secret = [
        ".env",
        ".env.local",
        ".env.staging",
        ".env.production",
        "sandbox/.env",
        "x.pem",
        "deploy/jwt.pem",
        ".local/x",
    ];
    for name in secret {
        assert!(ignored(name), "{name} could be committed");
    }
    for name in [".env.example", ".env.staging.example", ".env.production.example", "Cargo.lock", ".sqlx/query-1.json"]
    {
        assert!(!ignored(name), "{name} is ignored");
    }
}

/// The cells of the table rows of a Markdown text, without its heads.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| id "))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The promises whose test is not where the table says. The last cell is `` `file` `name` ``: the name of a test
/// function in Rust, the title of a test in Playwright.
fn unproved(text: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    for row in rows(text) {
        let [id, promise, test] = row.as_slice() else {
            found.push(format!("not three cells: {row:?}"));
            continue;
        };
        let named: Vec<&str> = test.split('`').skip(1).step_by(2).collect();
        let [file, name] = named.as_slice() else {
            found.push(format!("{id} ({promise}) names no test"));
            continue;
        };
        let Some(source) = read(file) else {
            found.push(format!("{id}: there is no {file}"));
            continue;
        };
        let rust = Path::new(file).extension().is_some_and(|extension| extension == "rs");
        let there = if rust {
            source.contains(&format!("fn {name}("))
        } else {
            ['"', '\'', '`'].iter().any(|quote| source.contains(&format!("{quote}{name}{quote}")))
        };
        if !there {
            found.push(format!("{id}: {file} has no test {name}"));
        }
        let begins = if rust {
            let (part, number) = id.split_once('-').unwrap_or((id, "0"));
            format!("{}_{:02}_", part.to_lowercase(), number.parse::<u32>().unwrap_or_default())
        } else {
            format!("{id} ")
        };
        if !name.starts_with(&begins) {
            found.push(format!("{id}: the name of its test, {name}, does not begin with {begins}"));
        }
    }
    found
}

#[test]
fn every_promise_has_its_test() {
    let text = read("docs/GUARANTEES.md");
    assert!(rows(&text).len() > 5, "the table of promises was not found");
    let found = unproved(&text, |name| fs::read_to_string(root().join(name)).ok());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));

    let mut ids: Vec<String> = rows(&text).into_iter().map(|row| row[0].clone()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "two promises have one id");
}

#[test]
fn a_promise_without_a_test_is_noticed() {
    let known = |name: &str| match name {
        "a.rs" => Some("#[test]\nfn a_01_holds() {}\nfn holds() {}".to_owned()),
        "a.ts" => Some("test('A-2 it holds', () => {})".to_owned()),
        _ => None,
    };
    let good = "| id | promise | test |\n| A-1 | x | `a.rs` `a_01_holds` |\n| A-2 | y | `a.ts` `A-2 it holds` |";
    assert_eq!(unproved(good, known), Vec::<String>::new());
    for bad in [
        "| A-1 | x | `a.rs` `a_01_hold` |",
        "| A-1 | x | `a.rs` `holds` |",
        "| A-1 | x | `a.ts` `A-1 it holds` |",
        "| A-1 | x | `a.ts` `A-2 it holds` |",
        "| A-1 | x | `b.rs` `a_01_holds` |",
        "| A-1 | x | soon |",
        "| A-1 | x |",
    ] {
        assert_eq!(unproved(bad, known).len(), 1, "{bad}");
    }
}

#[test]
fn documents_name_commands_that_exist() {
    let makefile = read("Makefile");
    let targets: Vec<&str> =
        makefile.lines().filter_map(|line| line.split_once(": ##").map(|(name, _)| name)).collect();
    assert!(targets.contains(&"run") && targets.contains(&"test"), "{targets:?}");
    for document in documents() {
        for line in read(&document).lines() {
            // In code only: «make sure» is English.
            let code = line.split('`').skip(1).step_by(2).chain(Some(line).filter(|line| line.starts_with("make ")));
            for command in code.filter_map(|code| code.trim().strip_prefix("make ")) {
                let target = command.split_whitespace().next().unwrap_or("");
                assert!(targets.contains(&target), "{document} names `make {target}`");
            }
        }
    }
}

#[test]
fn documents_link_to_files_that_exist() {
    for document in documents() {
        let text = read(&document);
        let folder = root().join(&document).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap();
            if !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:") {
                assert!(folder.join(path).exists(), "{document} links to {link}");
            }
        }
    }
}
