// A plugin for the official Go SDK. The first word of its configuration says what it does, the second one how.
package main

import (
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() { proxywasm.SetVMContext(&vm{}) }

type vm struct{ types.DefaultVMContext }

func (*vm) OnVMStart(size int) types.OnVMStartStatus {
	if text, err := proxywasm.GetVMConfiguration(); err == nil {
		proxywasm.LogInfof("vm configuration %s", text)
	}
	return types.OnVMStartStatusOK
}

func (*vm) NewPluginContext(id uint32) types.PluginContext { return &plugin{id: id} }

type plugin struct {
	types.DefaultPluginContext
	id        uint32
	behaviour string
	argument  string
	requests  proxywasm.MetricCounter
	level     proxywasm.MetricGauge
	sizes     proxywasm.MetricHistogram
}

func (p *plugin) OnPluginStart(size int) types.OnPluginStartStatus {
	text, err := proxywasm.GetPluginConfiguration()
	if err != nil && size > 0 {
		return types.OnPluginStartStatusFailed
	}
	p.behaviour, p.argument, _ = strings.Cut(string(text), " ")
	proxywasm.LogInfof("plugin configuration %s", text)
	switch p.behaviour {
	case "tick":
		proxywasm.SetTickPeriodMilliSeconds(100)
	case "queue":
		id, err := proxywasm.RegisterSharedQueue("work")
		proxywasm.LogInfof("registered queue: %v, %v", id > 0, err)
	case "metrics":
		p.requests = proxywasm.DefineCounterMetric("go_requests")
		p.level = proxywasm.DefineGaugeMetric("go_level")
		p.sizes = proxywasm.DefineHistogramMetric("go_sizes")
	case "refuse":
		return types.OnPluginStartStatusFailed
	}
	return types.OnPluginStartStatusOK
}

func (p *plugin) OnTick() {
	proxywasm.LogInfo("tick")
	proxywasm.SetTickPeriodMilliSeconds(0)
	call("/plain", func(status string) { proxywasm.LogInfof("called on tick, status %s", status) })
}

func (p *plugin) OnQueueReady(id uint32) {
	item, err := proxywasm.DequeueSharedQueue(id)
	proxywasm.LogInfof("dequeued %s, %v", item, err)
}

func (p *plugin) OnPluginDone() bool {
	proxywasm.LogInfo("plugin done")
	return true
}

func (p *plugin) NewHttpContext(id uint32) types.HttpContext {
	if p.behaviour == "network" {
		return nil
	}
	return &http{id: id, plugin: p}
}

func (p *plugin) NewTcpContext(id uint32) types.TcpContext { return &tcp{} }

// Calls the service; `then` gets the status of its answer, "" if there was none.
func call(path string, then func(status string)) {
	headers := [][2]string{{":method", "GET"}, {":path", path}, {":authority", "callee"}}
	_, err := proxywasm.DispatchHttpCall("callee", headers, nil, nil, 1000, func(n, size, trailers int) {
		status := ""
		if fields, err := proxywasm.GetHttpCallResponseHeaders(); err == nil {
			for _, field := range fields {
				if field[0] == ":status" {
					status = field[1]
				}
			}
		}
		then(status)
	})
	if err != nil {
		proxywasm.LogErrorf("call failed: %v", err)
	}
}
