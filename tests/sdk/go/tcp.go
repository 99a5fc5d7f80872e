package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

type tcp struct{ types.DefaultTcpContext }

func (*tcp) OnNewConnection() types.Action {
	proxywasm.LogInfo("new connection")
	return types.ActionContinue
}

func (*tcp) OnDownstreamData(size int, end bool) types.Action {
	if size == 0 {
		return types.ActionContinue
	}
	data, err := proxywasm.GetDownstreamData(0, size)
	proxywasm.LogInfof("downstream %s, %v", data, err)
	proxywasm.AppendDownstreamData([]byte("!"))
	return types.ActionContinue
}

func (*tcp) OnUpstreamData(size int, end bool) types.Action {
	if size == 0 {
		return types.ActionContinue
	}
	data, err := proxywasm.GetUpstreamData(0, size)
	proxywasm.LogInfof("upstream %s, %v", data, err)
	proxywasm.PrependUpstreamData([]byte("?"))
	return types.ActionContinue
}

func (*tcp) OnDownstreamClose(types.PeerType) { proxywasm.LogInfo("downstream closed") }

func (*tcp) OnUpstreamClose(types.PeerType) { proxywasm.LogInfo("upstream closed") }

func (*tcp) OnStreamDone() { proxywasm.LogInfo("connection done") }
