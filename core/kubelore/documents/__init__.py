"""The words all parts speak about documents: ids, records, chunks, jobs, results and where they are stored."""
