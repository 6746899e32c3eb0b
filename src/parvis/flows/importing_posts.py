"""Registers the job that takes posts in from a table."""

from parvis.jobs.work import job_kind
from parvis.publishing.importing import KIND, import_step

job_kind(KIND)(import_step)
