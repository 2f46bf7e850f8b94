//! Files beside a question, in the browser: chosen, pasted or dropped they are uploaded at once, one after the other
//! (`app/attach.js`), and stand in the tray of the composer until the question is sent. `shown` has those of a question
//! that was sent.

mod browser;
mod shown;
mod tray;

pub(super) use shown::ShownFiles;
pub(super) use tray::{AttachButton, NoScriptFiles, Tray, TrayList};
