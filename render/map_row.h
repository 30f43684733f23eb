// A row of the photo through the maps of its places.
#pragma once

// count pixels of a row, (count, 3), and of each place: what CHANGE_FIELDS say, in planes,
// (CHANGE_FIELDS, count); how much of the edit shows, where 0 leaves the pixel as it is; and how
// much of that is not the map's. shading is 0..1: how far the map's luma is kept where its colours
// leave the range. result is (count, 3), and may be pixels.
void map_row(const float *pixels, const float *fields, const float *weight, const float *replaced,
             float shading, int count, float *result);
