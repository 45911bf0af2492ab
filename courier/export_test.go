package courier

import "context"

// Write writes once what is to be written; Send sends once what is due.
func (c *Courier) Write(ctx context.Context) error { return c.write(ctx) }

// Send sends once what is due.
func (c *Courier) Send(ctx context.Context) error { return c.send(ctx) }
