//! The plugin in front of a TCP service.
use proxy_wasm::traits::{Context, StreamContext};
use proxy_wasm::types::{Action, PeerType};

pub struct Tcp;

impl Context for Tcp {}

impl StreamContext for Tcp {
    fn on_new_connection(&mut self) -> Action {
        log::info!("new connection");
        Action::Continue
    }

    fn on_downstream_data(&mut self, size: usize, _: bool) -> Action {
        if let Some(data) = self.get_downstream_data(0, size) {
            log::info!("downstream {}, <nil>", String::from_utf8_lossy(&data));
            self.set_downstream_data(size, 0, b"!");
        }
        Action::Continue
    }

    fn on_upstream_data(&mut self, size: usize, _: bool) -> Action {
        if let Some(data) = self.get_upstream_data(0, size) {
            log::info!("upstream {}, <nil>", String::from_utf8_lossy(&data));
            self.set_upstream_data(0, 0, b"?");
        }
        Action::Continue
    }

    fn on_downstream_close(&mut self, _: PeerType) {
        log::info!("downstream closed");
    }

    fn on_upstream_close(&mut self, _: PeerType) {
        log::info!("upstream closed");
    }

    fn on_log(&mut self) {
        log::info!("connection done");
    }
}
