"""What every part of Kubelore shares; it imports none of the parts."""
