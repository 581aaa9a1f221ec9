-- Version 2: what a client may read about its user, and the issuer whose assertion opened a grant.

ALTER TABLE grants ADD COLUMN email TEXT;
ALTER TABLE grants ADD COLUMN full_name TEXT;
ALTER TABLE grants ADD COLUMN issuer TEXT;
ALTER TABLE people ADD COLUMN email TEXT;
