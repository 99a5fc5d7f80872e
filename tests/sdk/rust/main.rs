//! A plugin for the official Rust SDK. The first word of its configuration says what it does, the second one how.
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext, StreamContext};
use proxy_wasm::types::{ContextType, LogLevel, MetricType};
use std::time::Duration;

mod http;
mod tcp;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root::default()) });
}}

#[derive(Clone, Copy, Default)]
pub struct Metrics {
    pub requests: u32,
    pub level: u32,
    pub sizes: u32,
}

#[derive(Default)]
struct Root {
    behaviour: String,
    argument: String,
    metrics: Metrics,
}

/// Calls the service; the answer comes to `on_http_call_response` of whoever asked.
fn call(context: &dyn Context, path: &str) {
    let headers = vec![(":method", "GET"), (":path", path), (":authority", "callee")];
    let timeout = Duration::from_secs(1);
    if let Err(status) = context.dispatch_http_call("callee", headers, None, vec![], timeout) {
        log::error!("call failed: {:?}", status);
    }
}

fn define(kind: MetricType, name: &str) -> u32 {
    hostcalls::define_metric(kind, name).unwrap()
}

impl Context for Root {
    fn on_http_call_response(&mut self, _: u32, _: usize, _: usize, _: usize) {
        let status = self.get_http_call_response_header(":status").unwrap_or_default();
        log::info!("called on tick, status {}", status);
    }

    fn on_done(&mut self) -> bool {
        log::info!("plugin done");
        true
    }
}

impl RootContext for Root {
    fn on_vm_start(&mut self, _: usize) -> bool {
        if let Some(text) = self.get_vm_configuration() {
            log::info!("vm configuration {}", String::from_utf8_lossy(&text));
        }
        true
    }

    fn on_configure(&mut self, _: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap();
        let mut words = text.splitn(2, ' ').map(str::to_string);
        self.behaviour = words.next().unwrap_or_default();
        self.argument = words.next().unwrap_or_default();
        log::info!("plugin configuration {}", text);
        match self.behaviour.as_str() {
            "tick" => self.set_tick_period(Duration::from_millis(100)),
            "queue" => log::info!("registered queue: {}, <nil>", self.register_shared_queue("work") > 0),
            "metrics" => {
                self.metrics = Metrics {
                    requests: define(MetricType::Counter, "rust_requests"),
                    level: define(MetricType::Gauge, "rust_level"),
                    sizes: define(MetricType::Histogram, "rust_sizes"),
                }
            }
            "refuse" => return false,
            _ => {}
        }
        true
    }

    fn on_tick(&mut self) {
        log::info!("tick");
        self.set_tick_period(Duration::from_secs(0));
        call(self, "/plain");
    }

    fn on_queue_ready(&mut self, id: u32) {
        let item = self.dequeue_shared_queue(id).unwrap().unwrap();
        log::info!("dequeued {}, <nil>", String::from_utf8_lossy(&item));
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(http::Http::new(&self.behaviour, &self.argument, self.metrics)))
    }

    fn create_stream_context(&self, _: u32) -> Option<Box<dyn StreamContext>> {
        Some(Box::new(tcp::Tcp))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(match self.behaviour.as_str() {
            "network" => ContextType::StreamContext,
            _ => ContextType::HttpContext,
        })
    }
}
