package storetest

func secrets() cases { return cases{} }
