package main

import (
	"context"
	"fmt"
	"time"

	"credmint/helper/doctor"
)

type doctorCmd struct {
	Fix     bool `help:"Mend what can be mended without losing anything, say what was done, and look again."`
	Strict  bool `help:"Exit with 1 for warnings, too."`
	Network bool `default:"true" negatable:"" help:"Ask AWS for the time."`
	JSON    bool `name:"json" help:"Print JSON."`
}

// lookLimit is what one check may take.
const lookLimit = 5 * time.Second

// Run looks the machine over. It runs no program that the AWS config names, mints nothing, and asks nobody. The exit code is
// 1 where there are errors.
func (c *doctorCmd) Run(ctx context.Context, a *app) error {
	results := c.look(ctx, a)
	if c.Fix {
		did, err := doctor.Mend(results)
		for _, text := range did {
			a.tell("fixed: %s", text)
		}
		if err != nil {
			a.warn(err)
		}
		if len(did) > 0 {
			results = c.look(ctx, a)
		}
	}
	if err := c.show(a, results); err != nil {
		return err
	}
	if doctor.Count(results, doctor.Fault) > 0 || c.Strict && doctor.Count(results, doctor.Warning) > 0 {
		return &passedOn{code: exitFailed}
	}
	return nil
}

// look makes all checks, and tells a person which of them take long.
func (c *doctorCmd) look(ctx context.Context, a *app) []doctor.Result {
	checks := a.checks(c.Network)
	var names []string
	for _, check := range checks {
		names = append(names, check.Name())
	}
	looked, end := a.waitingFor("looking at", names)
	defer end()
	return doctor.Examine(ctx, checks, lookLimit, looked)
}

func (c *doctorCmd) show(a *app, results []doctor.Result) error {
	if c.JSON {
		return a.printJSON(results)
	}
	if err := a.showFindings(results); err != nil {
		return err
	}
	faults, warnings := doctor.Count(results, doctor.Fault), doctor.Count(results, doctor.Warning)
	text := fmt.Sprintf("%s, %s", count(faults, "error"), count(warnings, "warning"))
	if n := doctor.Fixable(results); n > 0 {
		text += fmt.Sprintf("; `credmint doctor --fix` mends %d of them", n)
	}
	if faults+warnings == 0 {
		text = "all is well"
	}
	a.tell("%s", text)
	return nil
}
