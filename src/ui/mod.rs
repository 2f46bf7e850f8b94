//! The design system: the parts that every page is built from. It knows no feature, draws the same on the server and
//! in the browser, and works without a script wherever HTML can do it. `style/` holds the looks; a component writes
//! only classes and attributes, never a `style`, because the content security policy forbids that.

mod avatar;
mod badge;
mod banner;
mod button;
mod caps;
mod chart;
mod commands;
mod countdown;
mod dialog;
mod disclosure;
mod empty;
mod escaped;
mod field;
mod icon;
mod layout;
mod mark;
mod panel;
mod prose;
mod ring;
mod skeleton;
mod table;
mod toast;

pub use avatar::Avatar;
pub use badge::{Badge, Tone};
pub use banner::Banner;
pub use button::{Button, LinkButton, Look, Size};
pub use caps::Caps;
pub use chart::{Bar, Bars, Calendar, Clock, Week, grouped};
pub use commands::{Command, Commands, Does};
pub use countdown::{Countdown, Remaining};
pub use dialog::ConfirmDialog;
pub use disclosure::Disclosure;
pub use empty::Empty;
pub use escaped::escaped;
pub use field::{CodeInput, Field, Select, TextArea, TextInput};
pub use icon::Icon;
pub use layout::{AppShell, GatePage, Installation, NavItem, Page, PublicPage, Setting, SmallBar, StagingBar, Topbar};
pub use mark::{Mark, mark_address, marks_version};
pub use panel::{Panel, PanelBody, Row, Rows};
pub use prose::Prose;
pub use ring::{AuraGradient, Brand, Ring};
pub use skeleton::Skeleton;
pub use table::TablePanel;
pub use toast::{ToastShelf, Toasts};
