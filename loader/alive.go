package loader

import (
	"fmt"
	"runtime"
	"strings"
)

// alive makes a panic of a stage the load's error. A screen may be up, and to die
// would leave its terminal unusable; what was loaded until then is kept.
func alive(stage func() error) func() error {
	return func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("the load broke down, please report this: %v, at %s", r, origin())
			}
		}()
		return stage()
	}
}

// origin is where the panic that is being recovered from began.
func origin() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") || !more {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
	}
}
