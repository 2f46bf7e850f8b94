//! Routes that can be listed. Axum keeps to itself what it was given; a feature that builds its routes with this leaves
//! a list beside them, which tests walk from end to end.

use std::convert::Infallible;

use axum::{
    Router,
    extract::Request,
    handler::Handler,
    response::IntoResponse,
    routing::{MethodFilter, Route, on},
};
use http::Method;
use tower::{Layer, Service};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// One method at one address. `HEAD` comes with `GET` and is not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub method: Method,
    /// As Axum writes it: `/chat/{id}`, `/pkg/{*path}`.
    pub path: String,
}

impl Listed {
    /// Whether a request of this kind may change something.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !self.method.is_safe()
    }
}

/// What the routes of a site are known by.
#[derive(Default)]
pub struct RouteList {
    /// Every route.
    pub routes: Vec<Listed>,
    /// The contract of those that are documented.
    pub contract: OpenApi,
}

/// Routes and their list. Other methods at an address of these are answered with 405.
pub struct Routes<S = ()> {
    router: Router<S>,
    listed: Vec<Listed>,
    contract: OpenApi,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self { router: Router::new(), listed: Vec::new(), contract: OpenApi::default() }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `GET`.
    #[must_use]
    pub fn get<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::GET, MethodFilter::GET, path, handler)
    }

    /// Answers `POST`.
    #[must_use]
    pub fn post<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::POST, MethodFilter::POST, path, handler)
    }

    /// Answers `PUT`.
    #[must_use]
    pub fn put<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::PUT, MethodFilter::PUT, path, handler)
    }

    /// Answers `DELETE`.
    #[must_use]
    pub fn delete<H: Handler<T, S>, T: 'static>(self, path: &str, handler: H) -> Self {
        self.on(Method::DELETE, MethodFilter::DELETE, path, handler)
    }

    fn on<H: Handler<T, S>, T: 'static>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &str,
        handler: H,
    ) -> Self {
        self.router = self.router.route(path, on(filter, handler));
        self.listed.push(Listed { method, path: path.to_owned() });
        self
    }

    /// Puts a layer around the routes so far.
    #[must_use]
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.router = self.router.layer(layer);
        self
    }

    /// Gives the handlers what they work on.
    #[must_use]
    pub fn with_state(self, state: S) -> Routes {
        Routes { router: self.router.with_state(state), listed: self.listed, contract: self.contract }
    }

    /// Adds other routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.listed.extend(other.listed);
        self.contract.merge(other.contract);
        self
    }

    /// Adds routes that are documented where they are answered.
    #[must_use]
    pub fn documented(mut self, routes: OpenApiRouter<S>) -> Self {
        let (router, contract) = routes.split_for_parts();
        for (path, item) in &contract.paths.paths {
            let methods = [
                (&item.get, Method::GET),
                (&item.post, Method::POST),
                (&item.put, Method::PUT),
                (&item.patch, Method::PATCH),
                (&item.delete, Method::DELETE),
            ];
            let there = methods.into_iter().filter(|(operation, _)| operation.is_some());
            self.listed.extend(there.map(|(_, method)| Listed { method, path: path.clone() }));
        }
        self.router = self.router.merge(router);
        self.contract.merge(contract);
        self
    }

    /// The routes alone, their list added to another.
    pub fn into_router(self, list: &mut RouteList) -> Router<S> {
        list.routes.extend(self.listed);
        list.contract.merge(self.contract);
        self.router
    }
}
