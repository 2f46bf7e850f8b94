use crate::kit::keys::Deed;
use leptos::prelude::*;

/// One thing that can be done on the page at hand, for whoever types its name.
#[derive(Clone, Debug)]
pub struct Command {
    /// As a person would say it: `Pin this conversation`.
    pub name: String,
    pub icon: &'static str,
    pub does: Does,
}

/// What a command does.
#[derive(Clone, Debug)]
pub enum Does {
    /// Leads to a page of the app.
    Lead(String),
    /// Leads to what is no page of the app, such as a file.
    Fetch(String),
    /// Does it here.
    Act(Callback<()>),
    /// The same as a key.
    Press(Deed),
}

/// A key's deed with what does it, by the number of the part that offers it.
type Doing = (u32, Deed, Callback<(), bool>);

/// What the parts of the app can do at the moment, by name and by key. The frame provides it, parts add to it for as long
/// as they are shown, and palette and keys use it: neither knows the other.
#[derive(Clone, Copy)]
pub struct Commands {
    offered: RwSignal<Vec<(u32, Vec<Command>)>>,
    deeds: RwSignal<Vec<Doing>>,
    next: StoredValue<u32>,
}

impl Commands {
    /// Makes a table without commands, and makes it available below.
    pub fn provide() -> Self {
        let commands =
            Self { offered: RwSignal::new(Vec::new()), deeds: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
        provide_context(commands);
        commands
    }

    fn number(self) -> u32 {
        let number = self.next.get_value();
        self.next.set_value(number.wrapping_add(1));
        number
    }

    /// Offers these for as long as the caller's part is shown. On the server nobody takes them up.
    pub fn offer(commands: impl Fn() -> Vec<Command> + 'static) {
        let Some(table) = use_context::<Self>() else { return };
        Effect::new(move |_| {
            let (number, commands) = (table.number(), commands());
            table.offered.update(|offered| offered.push((number, commands)));
            on_cleanup(move || {
                table.offered.try_update(|offered| offered.retain(|(of, _)| *of != number));
            });
        });
    }

    /// Does this when its key is pressed, for as long as the caller's part is shown. It says whether there was anything to
    /// do: if not, the key is left to the browser.
    pub fn on(deed: Deed, run: impl Fn() -> bool + Send + Sync + 'static) {
        let Some(table) = use_context::<Self>() else { return };
        let run = Callback::new(move |()| run());
        Effect::new(move |_| {
            let number = table.number();
            table.deeds.update(|deeds| deeds.push((number, deed, run)));
            on_cleanup(move || {
                table.deeds.try_update(|deeds| deeds.retain(|(of, ..)| *of != number));
            });
        });
    }

    /// Does it, by the part that was shown last; whether there was anything to do.
    pub fn perform(self, deed: Deed) -> bool {
        let able: Vec<_> = self.deeds.with_untracked(|deeds| {
            deeds.iter().rev().filter(|(_, of, _)| *of == deed).map(|(.., run)| *run).collect()
        });
        able.into_iter().any(|run| run.try_run(()).unwrap_or_default())
    }

    /// Whether somebody can do it now.
    pub fn has(self, deed: Deed) -> bool {
        self.deeds.with(|deeds| deeds.iter().any(|(_, of, _)| *of == deed))
    }

    /// Everything that is offered now, the newest part's first.
    pub fn all(self) -> Vec<Command> {
        self.offered.with(|offered| offered.iter().rev().flat_map(|(_, commands)| commands.clone()).collect())
    }
}
