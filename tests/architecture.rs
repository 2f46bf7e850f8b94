//! Holds `src/` to the shape that `docs/ARCHITECTURE.md` draws: which part may know which, where SQL and `cfg` gates
//! may stand, and what no file may contain. It reads text only, so it needs no feature and takes no time.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// A part may use the parts that stand before it.
const ORDER: [&str; 12] = [
    "platform",
    "providers",
    "identity",
    "account",
    "team",
    "billing",
    "inference",
    "integrations",
    "music",
    "chat",
    "privacy",
    "admin",
];
/// Known to every part, and knows none.
const SHARED: [&str; 3] = ["kit", "ui", "error"];
/// Where the parts are put together.
const TOP: [&str; 5] = ["site", "app", "serve", "main", "lib"];
const MOST_LINES: usize = 500;

struct Source {
    /// From `src/` on: `["chat", "store.rs"]`.
    parts: Vec<String>,
    full: String,
    /// Without comments and without inline test modules; lines stay where they were.
    code: String,
    /// `code` with its string literals emptied.
    bare: String,
    /// Each string literal of `code` with its line.
    strings: Vec<(usize, String)>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let read = strip(without_test_module(text));
        Self {
            parts: path.split('/').map(str::to_owned).collect(),
            full: text.to_owned(),
            code: read.code,
            bare: read.bare,
            strings: read.strings,
        }
    }

    fn file(&self) -> &str {
        self.parts.last().expect("a path has a last part")
    }

    /// The top-level part of the crate that the file belongs to.
    fn part(&self) -> &str {
        self.parts[0].trim_end_matches(".rs")
    }

    fn within(&self, name: &str) -> bool {
        self.file() == format!("{name}.rs") || self.parts[..self.parts.len() - 1].iter().any(|part| part == name)
    }

    fn is_test(&self) -> bool {
        self.file() == "tests.rs" || self.file().ends_with("_tests.rs") || self.within("tests")
    }

    fn find(&self, line: usize, what: impl AsRef<str>) -> String {
        format!("src/{}:{line}: {}", self.parts.join("/"), what.as_ref())
    }
}

struct Stripped {
    code: String,
    bare: String,
    strings: Vec<(usize, String)>,
}

/// Reads just enough of Rust to tell code, comments and string literals apart.
fn strip(text: &str) -> Stripped {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let (mut code, mut bare, mut strings) = (String::new(), String::new(), Vec::new());
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let start = i;
        if at(i) == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if at(i) == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                if at(i) == '/' && at(i + 1) == '*' {
                    depth += 1;
                    i += 2;
                } else if at(i) == '*' && at(i + 1) == '/' {
                    depth -= 1;
                    i += 2;
                } else {
                    i += 1;
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
            let lines = chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
            line += lines;
            code.push_str(&"\n".repeat(lines));
            bare.push_str(&"\n".repeat(lines));
        } else if let Some(end) = string_end(&chars, i) {
            let literal: String = chars[i..end].iter().collect();
            let lines = literal.matches('\n').count();
            strings.push((line, literal.clone()));
            code.push_str(&literal);
            bare.push_str("\"\"");
            bare.push_str(&"\n".repeat(lines));
            line += lines;
            i = end;
        } else if at(i) == '\'' && (at(i + 1) == '\\' || at(i + 2) == '\'') {
            // A character, not a lifetime.
            i += if at(i + 1) == '\\' { 3 } else { 2 };
            while i < chars.len() && at(i) != '\'' {
                i += 1;
            }
            i += 1;
            code.push_str("' '");
            bare.push_str("' '");
        } else {
            if at(i) == '\n' {
                line += 1;
            }
            code.push(at(i));
            bare.push(at(i));
            i += 1;
        }
    }
    Stripped { code, bare, strings }
}

/// Where the string literal that begins at `i` ends, if one begins there.
fn string_end(chars: &[char], i: usize) -> Option<usize> {
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let starts_word = i == 0 || !(at(i - 1).is_alphanumeric() || at(i - 1) == '_');
    let mut j = i;
    if starts_word && at(j) == 'b' {
        j += 1;
    }
    if starts_word && at(j) == 'r' && (at(j + 1) == '"' || at(j + 1) == '#') {
        let hashes = chars[j + 1..].iter().take_while(|c| **c == '#').count();
        let mut k = j + 1 + hashes;
        if at(k) != '"' {
            return None;
        }
        k += 1;
        while k < chars.len() {
            if at(k) == '"' && (0..hashes).all(|n| at(k + 1 + n) == '#') {
                return Some(k + 1 + hashes);
            }
            k += 1;
        }
        return Some(chars.len());
    }
    if at(j) != '"' {
        return None;
    }
    j += 1;
    while j < chars.len() && at(j) != '"' {
        j += if at(j) == '\\' { 2 } else { 1 };
    }
    Some((j + 1).min(chars.len()))
}

/// Everything before the first `#[cfg(test)] mod … {`, which stands last in a file.
fn without_test_module(text: &str) -> &str {
    let mut from = 0;
    while let Some(found) = text[from..].find("#[cfg(test)]") {
        let after = &text[from + found + "#[cfg(test)]".len()..];
        let item = after.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("#["));
        if item.is_some_and(|line| line.starts_with("mod ") && line.ends_with('{')) {
            return &text[..from + found];
        }
        from += found + 1;
    }
    text
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The first names of all paths that begin at the start of `text`: one name, or a brace list of them.
fn heads(text: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    if !text.starts_with('{') {
        return vec![name(text)];
    }
    let (mut depth, mut fresh, mut found) = (0, true, Vec::new());
    for (i, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            ',' if depth == 1 => fresh = true,
            c if fresh && depth == 1 && !c.is_whitespace() => {
                fresh = false;
                found.push(name(&text[i..]));
            }
            _ => {}
        }
    }
    found
}

/// Each part of the crate that the file names, by `crate::` or by as many `super::` as lead out of its own part.
fn parts_named(source: &Source) -> Vec<(usize, String)> {
    let code = &source.bare;
    let depth = source.parts.len() - usize::from(["mod.rs", "lib.rs", "main.rs"].contains(&source.file()));
    let word_before = |at: usize| code[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if !word_before(at) {
            let line = line_of(code, at);
            found.extend(heads(&code[at + "crate::".len()..]).into_iter().map(|name| (line, name)));
        }
    }
    let out = "super::".repeat(depth);
    for (at, _) in code.match_indices(&out) {
        let follows = &code[at + out.len()..];
        if !word_before(at) && !code[..at].ends_with("::") && !follows.starts_with("super::") {
            let line = line_of(code, at);
            found.extend(heads(follows).into_iter().map(|name| (line, name)));
        }
    }
    found
}

fn arrows(source: &Source) -> Vec<String> {
    let part = source.part();
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    if place(part).is_none() && !SHARED.contains(&part) && !TOP.contains(&part) {
        return vec![source.find(1, format!("{part} stands in no order"))];
    }
    let mut found = Vec::new();
    for (line, name) in parts_named(source) {
        let wrong = match (place(part), place(&name)) {
            (Some(own), Some(other)) => other > own,
            (Some(_), None) => ["app", "serve", "site"].contains(&name.as_str()),
            (None, other) => {
                SHARED.contains(&part) && (other.is_some() || ["app", "serve", "site"].contains(&name.as_str()))
            }
        };
        if wrong {
            found.push(source.find(line, format!("{part} may not know {name}")));
        }
    }
    found
}

fn gates(source: &Source) -> Vec<String> {
    if ["lib.rs", "main.rs"].contains(&source.file()) || source.within("browser") {
        return Vec::new();
    }
    let lines: Vec<&str> = source.code.lines().collect();
    let mut found = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let squeezed = line.replace(' ', "");
        let gate = ["feature=\"ssr\"", "feature=\"hydrate\"", "target_arch=\"wasm", "target_family=\"wasm"];
        if !gate.iter().any(|gate| squeezed.contains(gate)) {
            continue;
        }
        let item = lines[number + 1..].iter().map(|line| line.trim()).find(|line| !line.is_empty()).unwrap_or("");
        let item = match item.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(')').map_or("", |(_, rest)| rest.trim_start()),
            Some(rest) => rest.trim_start(),
            None => item,
        };
        let fits = if source.file() == "mod.rs" {
            item.starts_with("mod ") || item.starts_with("use ")
        } else {
            source.within("api") && item.starts_with("use ")
        };
        if !fits {
            found.push(
                source.find(number + 1, "a cfg gate outside lib.rs, main.rs, mod.rs, browser.rs and `use` in api.rs"),
            );
        }
    }
    found
}

fn sql(source: &Source) -> Vec<String> {
    let in_store = source.within("store");
    let mut found = Vec::new();
    if !in_store && source.part() != "platform" {
        for needle in ["sqlx::query", "query!(", "query_as!(", "query_scalar!(", "query_file!("] {
            if let Some(at) = source.bare.find(needle) {
                found.push(source.find(line_of(&source.bare, at), "SQL outside a store"));
            }
        }
    }
    for (line, literal) in source.strings.iter().filter(|_| in_store) {
        let lower = literal.to_lowercase();
        if lower.contains("now()") || lower.contains("current_timestamp") {
            found.push(source.find(*line, "the database's clock: pass the time as a parameter"));
        }
    }
    found
}

fn words(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut refuse = |needle: &str, why: &str| {
        for (at, _) in source.bare.match_indices(needle) {
            found.push(source.find(line_of(&source.bare, at), why));
        }
    };
    refuse("#[allow(", "#[expect(…, reason = …)] instead of #[allow]");
    refuse("#![allow(", "#[expect(…, reason = …)] instead of #[allow]");
    refuse("todo!(", "unfinished");
    refuse("unimplemented!(", "unfinished");
    refuse("dbg!(", "a trace left behind");
    if !(source.part() == "platform" && source.within("config")) {
        refuse("env::var", "configuration is read in platform::config");
        refuse("dotenvy::", "configuration is read in platform::config");
    }
    if source.part() != "platform" {
        refuse("reqwest::Client::", "HTTP clients come from platform::http");
        refuse("reqwest::ClientBuilder::", "HTTP clients come from platform::http");
    }
    if ORDER.contains(&source.part()) {
        refuse("AppState", "a feature does not see the whole state");
    }
    found
}

/// The product does not know that development plays the outside world to it. A frame's attribute and the directive of
/// a content policy are other things of the same name.
fn stand_in(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let bare = source.bare.to_lowercase();
    for (at, word) in bare.match_indices("sandbox") {
        if !bare[at + word.len()..].trim_start().starts_with('=') {
            found.push(source.find(line_of(&bare, at), "knows of the stand-in for outside services"));
        }
    }
    for (line, literal) in &source.strings {
        let policy = literal.contains("-src ") || literal.starts_with("\"sandbox");
        if literal.contains(":4010") || (literal.to_lowercase().contains("sandbox") && !policy) {
            found.push(source.find(*line, "knows of the stand-in for outside services"));
        }
    }
    found
}

fn shape(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.full.lines().count();
    if lines > MOST_LINES && !source.is_test() {
        found.push(source.find(1, format!("{lines} lines; at most {MOST_LINES}")));
    }
    // The renderer writes what stands between these tags as it is; `inner_html=escaped(…)` shows it.
    let shown = without_test_module(&source.full);
    let open_ended = shown.match_indices("</textarea>").find(|(at, _)| !shown[..*at].trim_end().ends_with('>'));
    if let Some((at, _)) = open_ended.filter(|_| !source.is_test()) {
        found.push(source.find(line_of(shown, at), "children of a <textarea> are not escaped"));
    }
    let opens = source.file() == "mod.rs" && source.parts.len() == 2 && ORDER.contains(&source.part());
    if opens && !source.full.trim_start().starts_with("//!") {
        found.push(source.find(1, "a feature opens with a paragraph on what it is"));
    }
    found
}

fn rust_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    into.sort();
}

fn hold(rule: fn(&Source) -> Vec<String>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(files.len() > 10, "src/ was not found");
    let mut found = Vec::new();
    for path in files {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        found.extend(rule(&Source::new(&name, &fs::read_to_string(&path).unwrap())));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn parts_know_only_what_stands_before_them() {
    hold(arrows);
}

#[test]
fn cfg_gates_stand_where_they_are_looked_for() {
    hold(gates);
}

#[test]
fn sql_stands_in_stores_and_takes_the_time_as_a_parameter() {
    hold(sql);
}

#[test]
fn no_file_reaches_around_the_platform() {
    hold(words);
}

#[test]
fn the_product_does_not_know_the_stand_in() {
    hold(stand_in);
}

#[test]
fn files_are_short_and_features_introduce_themselves() {
    hold(shape);
}

/// Every rule, shown what it forbids and what it permits.
#[test]
fn each_rule_can_fail() {
    type Rule = fn(&Source) -> Vec<String>;
    let forbidden: [(Rule, &str, &str); 25] = [
        (arrows, "identity/service.rs", "use crate::chat::Runs;"),
        (arrows, "identity/service.rs", "use crate::{kit::id, chat::{Runs}};"),
        (arrows, "identity/service.rs", "use crate::{\n    kit::id,\n    chat::Runs,\n};"),
        (arrows, "identity/service.rs", "fn f() { crate::billing::seats() }"),
        (arrows, "identity/store/codes.rs", "use super::super::super::team::Team;"),
        (arrows, "identity/mod.rs", "use super::team::Team;"),
        (arrows, "kit/id.rs", "use crate::identity::User;"),
        (arrows, "chat/routes.rs", "use crate::serve::State;"),
        (arrows, "helpers/mod.rs", ""),
        (gates, "chat/service.rs", "#[cfg(feature = \"ssr\")]\nuse a::b;"),
        (gates, "chat/api.rs", "#[cfg(feature = \"ssr\")]\nfn f() {}"),
        (gates, "chat/mod.rs", "#[cfg(not(feature=\"ssr\"))]\npub(crate) struct A;"),
        (sql, "chat/service.rs", "fn f() { sqlx::query(\"select 1\") }"),
        (sql, "chat/service.rs", "fn f() { query_as!(Row, \"select 1\") }"),
        (sql, "chat/store.rs", "const A: &str = \"select NOW()\";"),
        (words, "chat/service.rs", "#[allow(dead_code)]\nfn f() {}"),
        (words, "chat/service.rs", "fn f() { std::env::var(\"A\") }"),
        (words, "chat/service.rs", "fn f() { reqwest::Client::new() }"),
        (words, "chat/service.rs", "fn f(state: AppState) {}"),
        (stand_in, "serve.rs", "const A: &str = \"http://localhost:4010\";"),
        (stand_in, "serve.rs", "fn in_sandbox() {}"),
        (stand_in, "serve.rs", "const A: &str = \"is it the Sandbox?\";"),
        (shape, "chat/mod.rs", "pub mod store;"),
        (shape, "chat/view/a.rs", "view! { <textarea name=\"a\">{text}</textarea> }"),
        (shape, "chat/long.rs", "// line\n".repeat(501).leak()),
    ];
    for (rule, path, text) in forbidden {
        assert!(!rule(&Source::new(path, text)).is_empty(), "nothing was said of {path}: {text}");
    }
    let permitted: [(Rule, &str, &str); 15] = [
        (arrows, "chat/service.rs", "use crate::{kit::id, identity::{User}};\n// crate::admin"),
        (arrows, "chat/service.rs", "use super::store; use super::super::identity::User;"),
        (arrows, "serve.rs", "use crate::admin;"),
        (arrows, "identity/service.rs", "const A: &str = \"crate::chat\";"),
        (gates, "chat/mod.rs", "#[cfg(feature = \"ssr\")]\npub(crate) mod store;"),
        (gates, "chat/api.rs", "fn f() {\n    #[cfg(feature = \"ssr\")]\n    use a::b;\n}"),
        (gates, "chat/browser.rs", "#[cfg(feature = \"hydrate\")]\nfn f() {}"),
        (sql, "chat/store/system.rs", "fn f() { sqlx::query!(\"select $1\") }"),
        (sql, "platform/db.rs", "fn f() { sqlx::query(\"select 1\") }"),
        (words, "platform/config/mod.rs", "fn f() { std::env::var(\"A\") }"),
        (words, "chat/service.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n    fn g() { dbg!(1) }\n}"),
        (stand_in, "site/page.rs", "view! { <iframe sandbox=\"allow-forms\"></iframe> } // sandbox"),
        (stand_in, "platform/security.rs", "const A: &str = \"default-src 'none'; sandbox\";"),
        (shape, "chat/view/a.rs", "view! { <textarea inner_html=escaped(&text)></textarea> }"),
        (shape, "chat/mod.rs", "//! Conversations.\nfn f<'a>(c: char) -> bool { c == '\"' }"),
    ];
    for (rule, path, text) in permitted {
        let found = rule(&Source::new(path, text));
        assert!(found.is_empty(), "{found:?}");
    }
}
