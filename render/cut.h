// The best border between two sides of a picture: short, along its edges, and true to what each
// place says for itself. A minimum cut, relaxed to values between 0 and 1, whose minimum is as good
// (Chan, Esedoglu and Nikolova 2006) and which is found by a few dozen passes over the picture.
#pragma once

// u (height, width), 0..1: where to begin; becomes the minimum of
//     sum of cost u + sum over neighbours of barrier |difference of u|.
// cost: what it costs to be inside, negative: what it gains. across and down: barriers to the next
// column and row, 0 at edges that cost nothing; those of the last column and row must be 0.
// Primal-dual, Chambolle and Pock 2011, algorithm 1.
void cut_solve(float *u, const float *cost, const float *across, const float *down, int width,
               int height, int passes);
