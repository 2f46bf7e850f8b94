//! Conversations and teams, as far as the palette asks the server for them.

use std::time::Duration;

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{
    browser,
    entries::{self, Entry},
};
use crate::{
    chat::api::{recents, search_conversations},
    error::AppError,
    team::api::{choose_team, list_own_teams},
    ui::{Command, Does, Toasts, Tone},
};

/// For how long nothing more is typed before it is looked for.
const PAUSE: Duration = Duration::from_millis(150);
const MOST: usize = 8;

/// What the server knows of what was typed.
#[derive(Clone, Copy)]
pub(super) struct Finding {
    /// What was found.
    pub conversations: RwSignal<Vec<Entry>>,
    /// The teams that one could work for.
    pub teams: RwSignal<Vec<Command>>,
    /// Whether something is being looked for.
    pub busy: RwSignal<bool>,
    /// Why nothing can be found.
    pub refused: RwSignal<Option<String>>,
    search: Action<String, Result<Vec<Entry>, AppError>>,
    /// The search that is under way: it is given up when more is typed.
    under_way: StoredValue<Option<ActionAbortHandle>>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl Finding {
    /// Begins with the newest conversations and the teams.
    pub(super) fn new() -> Self {
        let search = Action::new_local(|typed: &String| {
            let typed = typed.clone();
            async move {
                if typed.trim().is_empty() {
                    return recents().await.map(|groups| entries::recent(groups, MOST));
                }
                let nothing = String::new;
                let found = search_conversations(typed.clone(), nothing(), nothing(), nothing(), 0).await?;
                Ok(entries::found(&found.hits, &typed, MOST))
            }
        });
        let finding = Self {
            conversations: RwSignal::new(Vec::new()),
            teams: RwSignal::new(Vec::new()),
            busy: RwSignal::new(false),
            refused: RwSignal::new(None),
            search,
            under_way: StoredValue::new(None),
            timer: StoredValue::new(None),
        };
        Effect::new(move |_| match search.value().get() {
            Some(Ok(found)) => {
                finding.busy.set(false);
                finding.conversations.set(found);
            }
            Some(Err(error)) => {
                finding.busy.set(false);
                finding.refused.set(Some(error.message));
            }
            None => {}
        });
        Effect::new(move |_| {
            finding.look(String::new(), Duration::ZERO);
            finding.ask_for_teams();
        });
        on_cleanup(move || finding.give_up());
        finding
    }

    /// Looks for this, once nothing more is typed for a moment. What is still on its way is given up.
    pub(super) fn look_for(self, typed: String) {
        self.look(typed, PAUSE);
    }

    fn look(self, typed: String, pause: Duration) {
        self.give_up();
        // What fits other words is no answer to these.
        self.conversations.set(Vec::new());
        self.refused.set(None);
        self.busy.set(true);
        let begin = move || {
            if let Some(under_way) =
                self.under_way.try_update_value(|handle| handle.replace(self.search.dispatch_local(typed)))
            {
                drop(under_way);
            }
        };
        self.timer.set_value(set_timeout_with_handle(begin, pause).ok());
    }

    fn give_up(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        if let Some(under_way) = self.under_way.try_update_value(Option::take).flatten() {
            under_way.abort();
        }
    }

    /// Only who has several can choose.
    fn ask_for_teams(self) {
        let toasts = use_context::<Toasts>();
        spawn_local(async move {
            let Ok(Some(own)) = list_own_teams().await else { return };
            let others = own.teams.iter().filter(|team| team.id != own.chosen);
            let commands = others.map(|team| {
                let id = team.id.to_string();
                let name = if team.personal { "Personal" } else { team.name.as_str() };
                let choose = Callback::new(move |()| {
                    let id = id.clone();
                    spawn_local(async move {
                        match choose_team(id).await {
                            // Every part of the page is the team's.
                            Ok(()) => browser::reload(),
                            Err(error) => {
                                if let Some(toasts) = toasts {
                                    toasts.show(Tone::Danger, error.message);
                                }
                            }
                        }
                    });
                });
                Command {
                    name: format!("Switch to the team {name}"),
                    icon: "chevrons-up-down",
                    does: Does::Act(choose),
                }
            });
            let commands = commands.collect();
            self.teams.try_set(commands);
        });
    }
}
