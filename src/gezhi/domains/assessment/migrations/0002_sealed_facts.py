"""The facts of a sealed month can be neither changed nor deleted."""

from django.db import migrations

CREATE = """
CREATE FUNCTION assessment_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM assessment_publication WHERE id = OLD.publication_id AND status = 'sealed') THEN
    RAISE EXCEPTION 'facts of a sealed publication are kept as they are';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER assessment_sealed BEFORE UPDATE OR DELETE ON assessment_assessfact
  FOR EACH ROW EXECUTE FUNCTION assessment_sealed();
"""
DROP = "DROP TRIGGER assessment_sealed ON assessment_assessfact; DROP FUNCTION assessment_sealed();"


class Migration(migrations.Migration):
    dependencies = [("assessment", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, DROP)]
