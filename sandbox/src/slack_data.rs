//! What there is in the sandbox's Slack workspace.

use crate::log;
use crate::people::{EVERYBODY, JONAS, MIRA, Person};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// One message, so many minutes old.
pub struct Message {
    /// Minutes since it was written.
    pub age: i64,
    /// Who wrote it.
    pub by: Person,
    /// What it says.
    pub text: &'static str,
    /// Whether the person has not seen it yet.
    pub unread: bool,
}

/// A channel.
pub struct Channel {
    /// Id.
    pub id: &'static str,
    /// Name without the sign.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Newest first.
    pub messages: &'static [Message],
}

const fn message(age: i64, by: Person, text: &'static str, unread: bool) -> Message {
    Message { age, by, text, unread }
}

/// The channels.
pub static CHANNELS: [Channel; 3] = [
    Channel {
        id: "C0GENERAL1",
        name: "general",
        purpose: "Everybody, everything",
        messages: &[
            message(12, JONAS, "Lunch is moved to 12:30, the kitchen is late.", true),
            message(35, JONAS, "The launch checklist is in the wiki, please tick your part.", true),
            message(58, JONAS, "Welcome Ines, who starts in support today!", true),
            message(190, MIRA, "Good morning, all.", false),
            message(1500, JONAS, "Have a nice evening.", false),
        ],
    },
    Channel {
        id: "C0LAUNCH01",
        name: "launch",
        purpose: "The launch of Harbor 3",
        messages: &[
            message(95, MIRA, "Export over 2 GB still hangs, see issue 1482.", false),
            message(130, JONAS, "The landing page is ready for review.", false),
            message(1600, MIRA, "Launch review is today at two.", false),
        ],
    },
    Channel {
        id: "C0RANDOM01",
        name: "random",
        purpose: "Anything else",
        messages: &[message(2900, JONAS, "Who took the blue mug?", false)],
    },
];

/// The user id of a person.
pub fn user_id(person: Person) -> String {
    format!("U0{}", person.key.to_uppercase())
}

/// The time stamp of a message, which is its id in the channel. Ages count from the first question,
/// so that a stamp once given stays good.
pub fn stamp(channel: &Channel, message: &Message) -> String {
    static FIRST: OnceLock<i64> = OnceLock::new();
    let first = *FIRST.get_or_init(|| log::now().unix_timestamp());
    let number = channel.messages.iter().position(|other| std::ptr::eq(other, message)).unwrap_or(0);
    format!("{}.{number:06}", first - message.age * 60)
}

/// A message as the API shows it.
pub fn shown(channel: &Channel, message: &Message) -> Value {
    json!({
        "type": "message",
        "user": user_id(message.by),
        "user_profile": { "name": message.by.login, "real_name": message.by.name, "team": "T0NORTH001" },
        "text": message.text,
        "ts": stamp(channel, message),
        "team": "T0NORTH001",
    })
}

/// What the person has seen last.
pub fn last_read(channel: &Channel) -> String {
    channel
        .messages
        .iter()
        .find(|message| !message.unread)
        .map_or_else(|| "0000000000.000000".into(), |message| stamp(channel, message))
}

/// A channel as the API shows it.
pub fn channel(channel: &Channel) -> Value {
    json!({
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": true,
        "is_group": false,
        "is_im": false,
        "is_mpim": false,
        "is_private": false,
        "is_archived": false,
        "is_general": channel.name == "general",
        "is_member": true,
        "creator": user_id(MIRA),
        "created": 1_690_000_000,
        "num_members": 14,
        "topic": { "value": "", "creator": "", "last_set": 0 },
        "purpose": { "value": channel.purpose, "creator": user_id(MIRA), "last_set": 1_690_000_000 },
    })
}

/// A user as the API shows them.
pub fn user(person: Person) -> Value {
    json!({
        "id": user_id(person),
        "team_id": "T0NORTH001",
        "name": person.login,
        "real_name": person.name,
        "deleted": false,
        "is_bot": false,
        "tz": "Europe/Berlin",
        "profile": { "real_name": person.name, "display_name": person.name.split(' ').next(), "email": person.email },
    })
}

/// A person by user id.
pub fn person(id: &str) -> Option<Person> {
    EVERYBODY.into_iter().find(|person| user_id(*person) == id)
}
