// Gradient-domain seams: a difference that ends at the border of a mask is bent so that it arrives
// there at zero, and keeps its gradients inside (Perez et al. 2003, as the membrane of Farbman et
// al. 2009).
#pragma once

#include <stdbool.h>

// delta is (height, width, 3), open (height, width): inside the mask. Subtracts from delta, inside,
// the harmonic function that continues its values outside; outside it becomes zero. Where the mask
// covers everything there is no border, and nothing changes.
void seam_close(float *delta, const bool *open, int width, int height);
