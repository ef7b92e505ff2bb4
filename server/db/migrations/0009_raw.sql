-- The logs of a block are kept as bytes now, no longer deflated (rows from before stay as they are). Half of them are
-- hashes: to have the database compress them costs more than the space is worth.
ALTER TABLE raw ALTER COLUMN logs SET STORAGE EXTERNAL;
