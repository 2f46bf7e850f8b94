//! How the next page of a list is asked for.

use serde::Deserialize;

/// The ways of vendors to cut a list into pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Pages {
    /// A mark in the reply, which goes into the next call.
    Cursor {
        /// Pointer to the mark; absent, null or empty on the last page.
        cursor: String,
        /// The parameter that takes it.
        parameter: Option<String>,
        /// Or the JSON pointer to where it stands in the body.
        field: Option<String>,
        /// Pointer to what says whether there is more, where the mark is there on the last page too.
        more: Option<String>,
    },
    /// Pages have numbers. The last one is shorter than the others, or says so.
    Number {
        parameter: String,
        #[serde(default = "one")]
        first: u32,
        /// How many entries a full page has.
        size: usize,
        /// Pointer to what says whether there is more.
        more: Option<String>,
    },
    /// So many entries are skipped. The last page is shorter than the others, or says so.
    Offset {
        parameter: String,
        /// How many entries a full page has.
        size: usize,
        /// Pointer to what says whether there is more.
        more: Option<String>,
    },
    /// The next page is asked for by something of the last entry of this one.
    Last {
        parameter: String,
        /// Pointer inside the last entry.
        value: String,
        /// How many entries a full page has.
        size: usize,
    },
    /// The header `Link` names the next page (RFC 8288); only an address of the same place is followed.
    Link,
    /// The reply holds the next page's address, whole or without the host; only one of the same place is followed.
    Next { pointer: String },
    /// GraphQL's connections: the variable takes the end cursor.
    Graphql {
        /// Pointer to `pageInfo`, with `endCursor` and `hasNextPage` in it.
        info: String,
        #[serde(default = "after")]
        variable: String,
    },
}

fn one() -> u32 {
    1
}

fn after() -> String {
    "after".into()
}
