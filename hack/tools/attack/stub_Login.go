package main

import "context"

func attackLogin(context.Context, *lab) error { return nil }
