//! The pages in front of the app. Drawn on the server only: nothing of them is in what a browser loads.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use super::{NotFound, titled};
use crate::identity::gate::{
    ConfirmEmailPage, ConfirmPage, LostMailboxPage, PasswordPage, PrivyCodePage, RefreshPage, SignInPage,
    StopRecoveryPage, UndoEmailPage, VerifyEmailPage, WalletPage,
};
use crate::team::gate::JoinPage;

/// Their table; `GATE` has the same addresses.
#[component]
pub(super) fn Gate() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=titled text=""/>
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/signin") view=SignInPage/>
                <Route path=path!("/signin/password") view=PasswordPage/>
                <Route path=path!("/signin/privy") view=PrivyCodePage/>
                <Route path=path!("/refresh") view=RefreshPage/>
                <Route path=path!("/verify-email") view=VerifyEmailPage/>
                <Route path=path!("/confirm-email") view=ConfirmEmailPage/>
                <Route path=path!("/lost-mailbox") view=LostMailboxPage/>
                <Route path=path!("/stop-recovery") view=StopRecoveryPage/>
                <Route path=path!("/undo-email") view=UndoEmailPage/>
                <Route path=path!("/settings/confirm") view=ConfirmPage/>
                <Route path=path!("/settings/wallet") view=WalletPage/>
                <Route path=path!("/team/join") view=JoinPage/>
            </Routes>
        </Router>
    }
}
