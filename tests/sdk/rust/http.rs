//! The plugin in one HTTP exchange.
use crate::{call, Metrics};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, Status};

pub struct Http {
    behaviour: String,
    argument: String,
    metrics: Metrics,
    count: String,
}

impl Http {
    pub fn new(behaviour: &str, argument: &str, metrics: Metrics) -> Self {
        let (behaviour, argument) = (behaviour.to_string(), argument.to_string());
        Http { behaviour, argument, metrics, count: String::new() }
    }

    /// Says the callback if the plugin is to; whether a local answer was asked for in it.
    fn enter(&self, callback: &str, size: usize, end: bool) -> bool {
        if self.behaviour == "log" {
            log::info!("{} {} {}", callback, size, end);
        }
        let answers = self.behaviour == "local" && self.argument == callback;
        if answers {
            self.send_http_response(403, vec![("x-plugin", "rust")], Some(b"denied"));
        }
        answers
    }

    fn increment(&mut self) {
        loop {
            let (bytes, cas) = self.get_shared_data("counter");
            let mut n = [0; 8];
            if let Some(bytes) = bytes {
                n.copy_from_slice(&bytes);
            }
            let next = u64::from_le_bytes(n) + 1;
            match self.set_shared_data("counter", Some(&next.to_le_bytes()), cas) {
                Err(Status::CasMismatch) => continue,
                result => result.unwrap(),
            }
            self.count = next.to_string();
            return;
        }
    }

    fn measure(&self) {
        let Metrics { requests, level, sizes } = self.metrics;
        hostcalls::increment_metric(requests, 1).unwrap();
        hostcalls::increment_metric(level, -3).unwrap();
        hostcalls::record_metric(sizes, 5).unwrap();
        let read = |id| hostcalls::get_metric(id).unwrap() as i64;
        log::info!("requests {}, level {}", read(requests), read(level));
    }

    fn properties(&self) {
        for name in ["request.path", "plugin_root_id", "request.headers.x-one", "nothing.here"] {
            let value = self.get_property(name.split('.').collect());
            let found = value.is_some();
            let value = value.unwrap_or_default();
            log::info!("{} = {}, found: {}", name, String::from_utf8_lossy(&value), found);
        }
        self.set_property(vec!["mine"], Some(b"kept"));
        let value = self.get_property(vec!["mine"]).unwrap_or_default();
        log::info!("mine = {}, <nil>", String::from_utf8_lossy(&value));
    }

    /// Reads what is empty or not there.
    fn nothing(&self) {
        log::info!("header {:?}", self.get_http_request_header("x-empty"));
        log::info!("trailers {:?}", self.get_http_request_trailers());
        log::info!("body {:?}", self.get_http_request_body(0, 100));
        log::info!("property {:?}", self.get_property(vec!["plugin_root_id"]));
        self.set_shared_data("empty", None, None).unwrap();
        log::info!("data {:?}", self.get_shared_data("empty").0);
    }

    fn foreign(&self) {
        let packed = self.call_foreign_function("compress", Some(&[b'a'; 100]));
        let size = packed.unwrap().unwrap().len();
        log::info!("compressed to less: {}, <nil>", size > 0 && size < 100);
        let refused = self.call_foreign_function("nothing", None).is_err();
        log::info!("unknown function refused: {}", refused);
    }

    fn edit(&self, size: usize, set: impl Fn(usize, usize, &[u8])) {
        match self.argument.as_str() {
            "append" => set(size, 0, b"[appended]"),
            "prepend" => set(0, 0, b"[prepended]"),
            "replace" => set(0, size, b"[replaced]"),
            _ => {}
        }
    }
}

impl Context for Http {
    fn on_http_call_response(&mut self, _: u32, _: usize, _: usize, _: usize) {
        if self.get_http_call_response_header(":status").as_deref() == Some("200") {
            log::info!("access granted");
            self.resume_http_request();
            return;
        }
        log::info!("access forbidden");
        self.send_http_response(403, vec![], Some(b"access forbidden"));
    }
}

impl HttpContext for Http {
    fn on_http_request_headers(&mut self, n: usize, end: bool) -> Action {
        if self.enter("request_headers", n, end) {
            return Action::Pause;
        }
        let path = self.get_http_request_header(":path").unwrap_or_default();
        match self.behaviour.as_str() {
            "headers" => {
                self.add_http_request_header("x-plugin", "rust");
                self.set_http_request_header("x-one", Some("changed"));
                self.set_http_request_header("x-two", None);
                let gone = self.get_http_request_header("x-two").is_none();
                log::info!("path {}, x-two is gone: {}", path, gone);
            }
            "body" => self.set_http_request_header("content-length", None),
            "auth" => {
                call(self, &self.argument);
                return Action::Pause;
            }
            "counter" => self.increment(),
            "queue" => {
                let queue = self.resolve_shared_queue("", "work").unwrap();
                self.enqueue_shared_queue(queue, Some(path.as_bytes())).unwrap();
                log::info!("enqueued: <nil>");
            }
            "metrics" => self.measure(),
            "foreign" => self.foreign(),
            "properties" => self.properties(),
            "nothing" => self.nothing(),
            "trap" if self.get_http_request_header("x-trap").is_some() => panic!("asked to trap"),
            _ => {}
        }
        Action::Continue
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if self.enter("request_body", size, end) {
            return Action::Pause;
        }
        if self.behaviour != "body" {
            return Action::Continue;
        }
        if !end {
            return Action::Pause;
        }
        let body = self.get_http_request_body(0, size).unwrap_or_default();
        log::info!("request body {}", String::from_utf8_lossy(&body));
        self.edit(size, |at, size, bytes| self.set_http_request_body(at, size, bytes));
        Action::Continue
    }

    fn on_http_request_trailers(&mut self, n: usize) -> Action {
        self.enter("request_trailers", n, true);
        Action::Continue
    }

    fn on_http_response_headers(&mut self, n: usize, end: bool) -> Action {
        if self.enter("response_headers", n, end) {
            return Action::Pause;
        }
        match self.behaviour.as_str() {
            "headers" => self.add_http_response_header("x-plugin", "rust"),
            "body" => self.set_http_response_header("content-length", None),
            "counter" => self.add_http_response_header("x-count", &self.count),
            _ => {}
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        if self.enter("response_body", size, end) {
            return Action::Pause;
        }
        if self.behaviour != "body" {
            return Action::Continue;
        }
        if !end {
            return Action::Pause;
        }
        let body = self.get_http_response_body(0, size).unwrap_or_default();
        log::info!("response body {}", String::from_utf8_lossy(&body));
        self.edit(size, |at, size, bytes| self.set_http_response_body(at, size, bytes));
        Action::Continue
    }

    fn on_http_response_trailers(&mut self, n: usize) -> Action {
        self.enter("response_trailers", n, true);
        Action::Continue
    }

    fn on_log(&mut self) {
        self.enter("done", 0, true);
    }
}
