//! The two people who own the accounts in this world, and whoever else is made up at a consent page.

/// A seeded person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The value of the choice on the consent page.
    pub key: &'static str,
    /// Full name.
    pub name: &'static str,
    /// Mail address at every service.
    pub email: &'static str,
    /// Login name at every service.
    pub login: &'static str,
    /// A number that becomes the account id at every service.
    pub number: u32,
}

/// Mira, who is chosen unless the person in front of the page says otherwise.
pub const MIRA: Person =
    Person { key: "mira", name: "Mira Okafor", email: "mira@northbeam.example", login: "mira-okafor", number: 4_101 };

/// Jonas, whose accounts hold other data.
pub const JONAS: Person =
    Person { key: "jonas", name: "Jonas Weil", email: "jonas@northbeam.example", login: "jonas-weil", number: 4_102 };

/// Everybody, in the order of the consent page.
pub const EVERYBODY: [Person; 2] = [MIRA, JONAS];

/// A person by the value that the consent page sends; Mira for anything else.
pub fn by_key(key: &str) -> Person {
    EVERYBODY.into_iter().find(|person| person.key == key).unwrap_or(MIRA)
}

/// Somebody with this login name, who has the same accounts each time; nobody where it is none. The names stay for as
/// long as the program runs.
pub fn made_up(login: &str) -> Option<Person> {
    let login: String = login.trim().to_ascii_lowercase();
    let plain = login.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if login.is_empty() || login.len() > 40 || !plain {
        return None;
    }
    let number = login.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let email = format!("{login}@northbeam.example").leak();
    let login: &'static str = login.leak();
    Some(Person { key: login, name: login, email, login, number: number | 0x8000_0000 })
}
