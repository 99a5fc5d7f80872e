// A plugin with the weight of an ordinary Go program in it. Its configuration says what it does: `hello` answers by
// itself, `headers` changes fields of request and response, anything else lets everything through.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() { proxywasm.SetVMContext(&vm{}) }

type vm struct{ types.DefaultVMContext }

func (*vm) NewPluginContext(uint32) types.PluginContext { return &plugin{} }

type plugin struct {
	types.DefaultPluginContext
	behaviour string
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	text, _ := proxywasm.GetPluginConfiguration()
	p.behaviour = strings.TrimSpace(string(text))
	return types.OnPluginStartStatusOK
}

func (p *plugin) NewHttpContext(uint32) types.HttpContext { return &http{plugin: p} }

type http struct {
	types.DefaultHttpContext
	plugin *plugin
}

func (h *http) OnHttpRequestHeaders(int, bool) types.Action {
	switch h.plugin.behaviour {
	case "hello":
		proxywasm.SendHttpResponse(200, [][2]string{{"x-plugin", "go"}}, []byte("hello"), -1)
		return types.ActionPause
	case "headers":
		path, _ := proxywasm.GetHttpRequestHeader(":path")
		proxywasm.AddHttpRequestHeader("x-plugin", "go")
		proxywasm.ReplaceHttpRequestHeader("x-path", path)
		proxywasm.RemoveHttpRequestHeader("x-two")
	case "key":
		return h.key()
	}
	return types.ActionContinue
}

func (h *http) OnHttpResponseHeaders(int, bool) types.Action {
	if h.plugin.behaviour == "headers" {
		proxywasm.AddHttpResponseHeader("x-plugin", "go")
		proxywasm.RemoveHttpResponseHeader("server")
	}
	return types.ActionContinue
}

// What makes the module as large as those of real programs: JSON, expressions, cryptography.
func (h *http) key() types.Action {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(map[string]any{"x": key.X, "y": key.Y})
	if err != nil {
		panic(err)
	}
	text = regexp.MustCompile(`\s+`).ReplaceAll(text, nil)
	proxywasm.SendHttpResponse(200, nil, text, -1)
	return types.ActionPause
}
