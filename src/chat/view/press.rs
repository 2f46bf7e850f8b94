use std::future::Future;

use leptos::{ev::MouseEvent, html, prelude::*, task::spawn_local};

use crate::error::AppError;

/// What a button of a card does with a script: it asks once, puts the card that comes back into the place of the old one,
/// and leaves the focus there.
pub(super) struct Press<Card: 'static> {
    pub busy: RwSignal<bool>,
    pub refused: RwSignal<Option<AppError>>,
    all: RwSignal<Vec<Card>>,
    place: NodeRef<html::Div>,
    same: fn(&Card, &Card) -> bool,
}

impl<Card> Clone for Press<Card> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Card> Copy for Press<Card> {}

impl<Card: Send + Sync + 'static> Press<Card> {
    pub(super) fn new(all: RwSignal<Vec<Card>>, place: NodeRef<html::Div>, same: fn(&Card, &Card) -> bool) -> Self {
        Self { busy: RwSignal::new(false), refused: RwSignal::new(None), all, place, same }
    }

    pub(super) fn ask<F>(self, event: &MouseEvent, asked: impl FnOnce() -> F)
    where
        F: Future<Output = Result<Card, AppError>> + 'static,
    {
        event.prevent_default();
        let Self { busy, refused, all, place, same } = self;
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        refused.set(None);
        let asked = asked();
        spawn_local(async move {
            let outcome = asked.await;
            busy.try_set(false);
            match outcome {
                Ok(card) => {
                    all.try_update(|all| {
                        if let Some(known) = all.iter_mut().find(|known| same(known, &card)) {
                            *known = card;
                        }
                    });
                    if let Some(place) = place.try_get_untracked().flatten() {
                        let _ = place.focus();
                    }
                }
                Err(error) => {
                    refused.try_set(Some(error));
                }
            }
        });
    }
}
