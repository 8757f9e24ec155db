"""Cases: from a report to an archived case, with work orders, tasks, applications and hard cases."""
