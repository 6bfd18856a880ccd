package mint

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// tried does again what a retryer thinks may go better, as the SDK does in its own clients.
func tried(ctx context.Context, r aws.Retryer, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if err == nil || attempt == r.MaxAttempts() || !r.IsErrorRetryable(err) {
			return err
		}
		delay, e := r.RetryDelay(attempt, err)
		if e != nil || Pause(ctx, delay) != nil {
			return err
		}
	}
}
