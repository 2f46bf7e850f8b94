//! Followers of one id each: however many there are, an event wakes only those that it is for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::watch;

use super::Topic;

type Key = (Topic, Arc<str>);

/// Who follows which id.
#[derive(Debug, Default)]
pub(super) struct Singles(Mutex<HashMap<Key, watch::Sender<()>>>);

/// One follower of one id of a topic.
#[derive(Debug)]
pub struct Word {
    singles: Weak<Singles>,
    key: Key,
    heard: watch::Receiver<()>,
}

impl Singles {
    fn map(&self) -> MutexGuard<'_, HashMap<Key, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn follow(self: &Arc<Self>, topic: Topic, id: &str) -> Word {
        let key = (topic, Arc::from(id));
        let heard = self.map().entry(key.clone()).or_insert_with(|| watch::channel(()).0).subscribe();
        Word { singles: Arc::downgrade(self), key, heard }
    }

    pub(super) fn tell(&self, topic: Topic, id: &Arc<str>) {
        if let Some(sender) = self.map().get(&(topic, id.clone())) {
            sender.send_replace(());
        }
    }

    pub(super) fn tell_all(&self) {
        self.map().values().for_each(|sender| {
            sender.send_replace(());
        });
    }
}

impl Word {
    /// Waits until there may be something new; `None` once the process shuts down.
    pub async fn next(&mut self) -> Option<()> {
        self.heard.changed().await.ok()
    }
}

impl Drop for Word {
    fn drop(&mut self) {
        let Some(singles) = self.singles.upgrade() else { return };
        let mut map = singles.map();
        // The last one that follows is this one.
        if map.get(&self.key).is_some_and(|sender| sender.receiver_count() <= 1) {
            map.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_event_wakes_those_that_it_is_for_and_nobody_is_kept_who_is_gone() {
        let singles = Arc::new(Singles::default());
        let mut mine = singles.follow(Topic::RunOutput, "mine");
        let (also_mine, mut other) =
            (singles.follow(Topic::RunOutput, "mine"), singles.follow(Topic::RunOutput, "other"));
        singles.tell(Topic::RunOutput, &"mine".into());
        singles.tell(Topic::RunStop, &"other".into());
        assert_eq!(mine.next().await, Some(()));
        assert!(!other.heard.has_changed().unwrap());
        drop(also_mine);
        singles.tell_all();
        assert_eq!((mine.next().await, other.next().await), (Some(()), Some(())));
        drop(mine);
        assert_eq!(singles.map().len(), 1);
        drop(singles);
        assert_eq!(other.next().await, None, "the process is ending");
    }
}
