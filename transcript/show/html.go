package show

import "io"

func (m *Model) HTML(w io.Writer, opt Options) error { return nil }
