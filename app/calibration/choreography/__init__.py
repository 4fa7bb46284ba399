"""What the person sees and what is collected meanwhile: targets, passes, conductors; no Qt."""
