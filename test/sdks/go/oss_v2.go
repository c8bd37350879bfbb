package main

func ossV2(*checks)      {}
func rpcSDK(*checks)     {}
func teaGeneric(*checks) {}
func tea(*checks)        {}
