//! The one place that knows all features.
