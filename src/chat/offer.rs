//! Which tools a model is offered for one answer, and under which names.

use std::{cmp::Reverse, collections::HashSet};

use crate::{
    inference::{MOST_TOOLS, ToolSpec},
    integrations::tools::{ModelUse, OfferedTool, RoutedCall},
    kit::id::ConnectionId,
};

/// Told of every tool that changes something.
const PROPOSES: &str = " This only proposes the change: the person sees a card with exactly these arguments, and approves, \
                        edits or denies it. Call it once, with everything that they asked for.";

/// The tools under the names by which the model calls them. Two accounts of one service are told apart by a number.
pub(super) struct Offer<'a> {
    tools: Vec<(String, &'a OfferedTool)>,
    left_out: Vec<&'static str>,
}

impl<'a> Offer<'a> {
    /// As many as a model takes: first those that the question's words point at (`fitting`), then those of services that
    /// it names, then those that share words with it, then those of the same connections, then those of the connections
    /// that were used last.
    pub(super) fn new(
        tools: impl IntoIterator<Item = &'a OfferedTool>,
        question: &str,
        fitting: &[RoutedCall],
    ) -> Self {
        let words = words(question);
        let rank = |offered: &&OfferedTool| {
            let fits =
                fitting.iter().any(|call| call.connection == offered.connection && call.tool.name == offered.tool.name);
            let named = words.contains(&self::words(offered.service_name));
            let beside = fitting.iter().any(|call| call.connection == offered.connection);
            (!fits, !named, Reverse(shared(&words, offered)), !beside, Reverse(offered.last_used_at))
        };
        let mut ranked: Vec<&OfferedTool> = tools.into_iter().collect();
        // Those of one rank stay in the order in which they came.
        ranked.sort_by_key(rank);
        let mut told = HashSet::new();
        let rest = ranked.split_off(ranked.len().min(MOST_TOOLS));
        let left_out = rest.into_iter().map(|offered| offered.service_name).filter(|name| told.insert(*name)).collect();
        let mut tools: Vec<(String, &OfferedTool)> = Vec::with_capacity(ranked.len());
        for offered in ranked {
            let before = tools.iter().filter(|(_, other)| other.tool.name == offered.tool.name).count();
            let name = match before {
                0 => offered.tool.name.to_owned(),
                _ => format!("{}_{}", offered.tool.name, before + 1),
            };
            tools.push((name, offered));
        }
        Self { tools, left_out }
    }

    /// The same tools under the same names once more, as far as they are still there.
    pub(super) fn again(tools: &'a [OfferedTool], names: &[(String, String, ConnectionId)]) -> Self {
        let find = |(name, tool, connection): &(String, String, ConnectionId)| {
            let found = |offered: &&OfferedTool| {
                offered.connection == *connection && offered.tool.name == tool && offered.model == ModelUse::Offered
            };
            Some((name.clone(), tools.iter().find(found)?))
        };
        Self { tools: names.iter().filter_map(find).collect(), left_out: Vec::new() }
    }

    /// Offers these as well, as far as there is room and they are not offered yet.
    pub(super) fn extend(&mut self, more: impl IntoIterator<Item = &'a OfferedTool>) {
        for offered in more.into_iter().filter(|offered| offered.model == ModelUse::Offered) {
            let is_known = |(_, other): &(String, &OfferedTool)| {
                other.connection == offered.connection && other.tool.name == offered.tool.name
            };
            if self.tools.len() >= MOST_TOOLS || self.tools.iter().any(is_known) {
                continue;
            }
            let base = offered.tool.name;
            let mut name = base.to_owned();
            let mut number = 1;
            while self.tools.iter().any(|(known, _)| *known == name) {
                number += 1;
                name = format!("{base}_{number}");
            }
            self.tools.push((name, offered));
        }
    }

    /// The tools by the names under which they are offered.
    pub(super) fn names(&self) -> Vec<(String, String, ConnectionId)> {
        let name =
            |(name, offered): &(String, &OfferedTool)| (name.clone(), offered.tool.name.to_owned(), offered.connection);
        self.tools.iter().map(name).collect()
    }

    /// The services of which some tool had no room, each once.
    pub(super) fn left_out(&self) -> &[&'static str] {
        &self.left_out
    }

    pub(super) fn specs(&self) -> Vec<ToolSpec> {
        let spec = |(name, offered): &(String, &OfferedTool)| ToolSpec {
            name: name.clone(),
            description: format!(
                "{} ({}{}){}",
                offered.tool.description,
                offered.service_name,
                // What an account is called was read there, too.
                if offered.agreed { format!(", account {}", offered.account_label) } else { String::new() },
                if offered.tool.effect.changes() { PROPOSES } else { "" }
            ),
            parameters: offered.tool.parameters.clone(),
        };
        self.tools.iter().map(spec).collect()
    }

    pub(super) fn find(&self, name: &str) -> Option<&'a OfferedTool> {
        self.tools.iter().find(|(known, _)| known == name).map(|(_, offered)| *offered)
    }
}

/// How many words of four letters or more a question shares with what a tool is called.
fn shared(question: &str, offered: &OfferedTool) -> usize {
    let name = words(&format!("{} {}", offered.tool.title, offered.tool.name));
    let mut counted: Vec<&str> = name.split(' ').filter(|word| word.len() >= 4).collect();
    counted.sort_unstable();
    counted.dedup();
    counted.into_iter().filter(|word| question.contains(&format!(" {word}"))).count()
}

/// The words of a text in small letters, each between blanks.
fn words(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |all, word| all + word + " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::{Duration, macros::datetime};

    use super::*;
    use crate::{
        integrations::tools::{self, Effect},
        kit::id::Id as _,
    };

    fn connection(number: u8) -> ConnectionId {
        ConnectionId::from_bytes([number; 16])
    }

    /// A connection of every service, each used later than the one before.
    fn everything() -> Vec<OfferedTool> {
        let mut services: Vec<&str> = Vec::new();
        let readable = tools::all().iter().filter(|tool| tool.effect == Effect::Read);
        let offered = readable.map(|tool| {
            let number = services.iter().position(|known| *known == tool.provider()).unwrap_or_else(|| {
                services.push(tool.provider());
                services.len() - 1
            });
            let number = u8::try_from(number).unwrap();
            OfferedTool {
                tool,
                connection: connection(number),
                service_name: tool.service(),
                account_label: "mira".to_owned(),
                agreed: true,
                model: ModelUse::Offered,
                last_used_at: Some(datetime!(2026-11-20 12:00 UTC) + Duration::minutes(number.into())),
            }
        });
        offered.collect()
    }

    fn offered(offer: &Offer<'_>, service: &str) -> usize {
        offer.tools.iter().filter(|(_, offered)| offered.service_name == service).count()
    }

    fn there_are(readable: &[OfferedTool], service: &str) -> usize {
        readable.iter().filter(|offered| offered.service_name == service).count()
    }

    #[test]
    fn an_19_no_more_tools_are_offered_than_a_model_takes_and_the_rest_is_told() {
        let mut readable = everything();
        // Whatever the catalogue has at present.
        let more = readable.clone().into_iter().map(|offered| OfferedTool {
            connection: connection(250),
            last_used_at: None,
            ..offered
        });
        readable.extend(more);
        assert!(readable.len() > MOST_TOOLS + 20, "{}", readable.len());
        let newest = readable.iter().max_by_key(|offered| offered.last_used_at).unwrap().service_name;
        let oldest = readable[0].service_name;

        let offer = Offer::new(&readable, "How are you?", &[]);
        assert_eq!((offer.tools.len(), offer.specs().len()), (MOST_TOOLS, MOST_TOOLS));
        assert_eq!(offered(&offer, newest), there_are(&readable, newest) / 2, "what was used last");
        assert_eq!(offered(&offer, oldest), 0);
        assert!(offer.left_out().contains(&oldest));
        let told: HashSet<_> = offer.left_out().iter().collect();
        assert_eq!(told.len(), offer.left_out().len(), "each once");

        let named = Offer::new(&readable, &format!("And on {}?", oldest.to_uppercase()), &[]);
        assert_eq!(named.tools.len(), MOST_TOOLS);
        assert_eq!(offered(&named, oldest), there_are(&readable, oldest), "what is named");
        assert!(!named.left_out().contains(&oldest));
        let inside = Offer::new(&readable, &format!("x{oldest}x"), &[]);
        assert_eq!(offered(&inside, oldest), 0, "a part of a word is no name");

        let call = RoutedCall {
            tool: readable[0].tool,
            connection: readable[0].connection,
            service_name: oldest,
            arguments: json!({}),
            model: ModelUse::Offered,
        };
        let fitting = Offer::new(&readable, "How are you?", &[call]);
        assert_eq!(fitting.tools[0].1.tool.name, readable[0].tool.name, "what the words point at");
    }

    #[test]
    fn few_tools_are_all_offered_and_two_accounts_are_told_apart() {
        let mut readable: Vec<_> = everything().into_iter().take(2).collect();
        readable.extend(readable.clone().into_iter().map(|tool| OfferedTool { connection: connection(9), ..tool }));
        let offer = Offer::new(&readable, "", &[]);
        assert!(offer.left_out().is_empty());
        let names: Vec<String> = offer.specs().into_iter().map(|spec| spec.name).collect();
        let (first, second) = (readable[0].tool.name, readable[1].tool.name);
        assert_eq!(names, [first, second, &format!("{first}_2"), &format!("{second}_2")]);
        assert_eq!(offer.find(&format!("{first}_2")).unwrap().connection, connection(9));
        assert!(offer.find("nothing").is_none());
    }
}
