"""The `kubelore` command: the whole system on one machine, and the tools around it."""
