package main

import (
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

type http struct {
	types.DefaultHttpContext
	id     uint32
	plugin *plugin
	count  string
}

// Says the callback if the plugin is to; whether a local answer was asked for in it.
func (h *http) enter(callback string, size int, end bool) bool {
	if h.plugin.behaviour == "log" {
		proxywasm.LogInfof("%s %d %v", callback, size, end)
	}
	if h.plugin.behaviour != "local" || h.plugin.argument != callback {
		return false
	}
	fields := [][2]string{{"x-plugin", "go"}}
	if err := proxywasm.SendHttpResponse(403, fields, []byte("denied"), -1); err != nil {
		proxywasm.LogErrorf("no local response: %v", err)
	}
	return true
}

func (h *http) OnHttpRequestHeaders(n int, end bool) types.Action {
	if h.enter("request_headers", n, end) {
		return types.ActionPause
	}
	path, _ := proxywasm.GetHttpRequestHeader(":path")
	switch h.plugin.behaviour {
	case "headers":
		proxywasm.AddHttpRequestHeader("x-plugin", "go")
		proxywasm.ReplaceHttpRequestHeader("x-one", "changed")
		proxywasm.RemoveHttpRequestHeader("x-two")
		_, err := proxywasm.GetHttpRequestHeader("x-two")
		proxywasm.LogInfof("path %s, x-two is gone: %v", path, errors.Is(err, types.ErrorStatusNotFound))
	case "body":
		proxywasm.RemoveHttpRequestHeader("content-length")
	case "auth":
		call(h.plugin.argument, h.decide)
		return types.ActionPause
	case "counter":
		h.increment()
	case "queue":
		queue, err := proxywasm.ResolveSharedQueue("", "work")
		if err == nil {
			err = proxywasm.EnqueueSharedQueue(queue, []byte(path))
		}
		proxywasm.LogInfof("enqueued: %v", err)
	case "metrics":
		h.plugin.requests.Increment(1)
		h.plugin.level.Add(-3)
		h.plugin.sizes.Record(5)
		proxywasm.LogInfof("requests %d, level %d", h.plugin.requests.Value(), h.plugin.level.Value())
	case "foreign":
		packed, err := proxywasm.CallForeignFunction("compress", []byte(strings.Repeat("a", 100)))
		proxywasm.LogInfof("compressed to less: %v, %v", len(packed) > 0 && len(packed) < 100, err)
		_, err = proxywasm.CallForeignFunction("nothing", nil)
		proxywasm.LogInfof("unknown function refused: %v", err != nil)
	case "properties":
		h.properties()
	case "nothing":
		nothing()
	case "trap":
		if trap, _ := proxywasm.GetHttpRequestHeader("x-trap"); trap != "" {
			panic("asked to trap")
		}
	}
	return types.ActionContinue
}

func (h *http) decide(status string) {
	if status == "200" {
		proxywasm.LogInfo("access granted")
		proxywasm.ResumeHttpRequest()
		return
	}
	proxywasm.LogInfo("access forbidden")
	proxywasm.SendHttpResponse(403, nil, []byte("access forbidden"), -1)
}

func (h *http) increment() {
	for {
		bytes, cas, err := proxywasm.GetSharedData("counter")
		if err != nil && !errors.Is(err, types.ErrorStatusNotFound) {
			panic(err)
		}
		var n uint64
		if len(bytes) == 8 {
			n = binary.LittleEndian.Uint64(bytes)
		}
		n++
		err = proxywasm.SetSharedData("counter", binary.LittleEndian.AppendUint64(nil, n), cas)
		if errors.Is(err, types.ErrorStatusCasMismatch) {
			continue
		}
		h.count = strconv.FormatUint(n, 10)
		return
	}
}

// Reads what is empty or not there.
func nothing() {
	value, err := proxywasm.GetHttpRequestHeader("x-empty")
	proxywasm.LogInfof("header %q, found: %v", value, err == nil)
	trailers, err := proxywasm.GetHttpRequestTrailers()
	proxywasm.LogInfof("trailers %d, found: %v", len(trailers), err == nil)
	body, err := proxywasm.GetHttpRequestBody(0, 100)
	proxywasm.LogInfof("body %q, found: %v", body, err == nil)
	name, err := proxywasm.GetProperty([]string{"plugin_root_id"})
	proxywasm.LogInfof("property %q, found: %v", name, err == nil)
	proxywasm.SetSharedData("empty", nil, 0)
	data, _, err := proxywasm.GetSharedData("empty")
	proxywasm.LogInfof("data %q, found: %v", data, err == nil)
}

func (h *http) properties() {
	for _, name := range []string{"request.path", "plugin_root_id", "request.headers.x-one", "nothing.here"} {
		value, err := proxywasm.GetProperty(strings.Split(name, "."))
		proxywasm.LogInfof("%s = %s, found: %v", name, value, err == nil)
	}
	err := proxywasm.SetProperty([]string{"mine"}, []byte("kept"))
	value, _ := proxywasm.GetProperty([]string{"mine"})
	proxywasm.LogInfof("mine = %s, %v", value, err)
}

func (h *http) OnHttpRequestBody(size int, end bool) types.Action {
	if h.enter("request_body", size, end) {
		return types.ActionPause
	}
	if h.plugin.behaviour != "body" {
		return types.ActionContinue
	}
	if !end {
		return types.ActionPause
	}
	body, _ := proxywasm.GetHttpRequestBody(0, size)
	proxywasm.LogInfof("request body %s", body)
	h.edit(proxywasm.AppendHttpRequestBody, proxywasm.PrependHttpRequestBody, proxywasm.ReplaceHttpRequestBody)
	return types.ActionContinue
}

func (h *http) edit(add, put, replace func([]byte) error) {
	switch h.plugin.argument {
	case "append":
		add([]byte("[appended]"))
	case "prepend":
		put([]byte("[prepended]"))
	case "replace":
		replace([]byte("[replaced]"))
	}
}

func (h *http) OnHttpRequestTrailers(n int) types.Action {
	h.enter("request_trailers", n, true)
	return types.ActionContinue
}

func (h *http) OnHttpResponseHeaders(n int, end bool) types.Action {
	if h.enter("response_headers", n, end) {
		return types.ActionPause
	}
	switch h.plugin.behaviour {
	case "headers":
		proxywasm.AddHttpResponseHeader("x-plugin", "go")
	case "body":
		proxywasm.RemoveHttpResponseHeader("content-length")
	case "counter":
		proxywasm.AddHttpResponseHeader("x-count", h.count)
	}
	return types.ActionContinue
}

func (h *http) OnHttpResponseBody(size int, end bool) types.Action {
	if h.enter("response_body", size, end) {
		return types.ActionPause
	}
	if h.plugin.behaviour != "body" {
		return types.ActionContinue
	}
	if !end {
		return types.ActionPause
	}
	body, _ := proxywasm.GetHttpResponseBody(0, size)
	proxywasm.LogInfof("response body %s", body)
	h.edit(proxywasm.AppendHttpResponseBody, proxywasm.PrependHttpResponseBody, proxywasm.ReplaceHttpResponseBody)
	return types.ActionContinue
}

func (h *http) OnHttpResponseTrailers(n int) types.Action {
	h.enter("response_trailers", n, true)
	return types.ActionContinue
}

func (h *http) OnHttpStreamDone() { h.enter("done", 0, true) }
