// Where a picture lies in a widget: zoom, pan and the compare handle as plain arithmetic.
//
// Widget coordinates are logical pixels, picture coordinates are pixels of the photo. "scale" is in
// device pixels, so that 1 shows one picture pixel on one pixel of the screen at any desktop scale.
//
// Thread: any (no state outside the struct).
#pragma once

#include <stdbool.h>

struct viewport {
    double width, height;                 // of the widget
    double picture_width, picture_height; // 0: nothing to show
    double device_factor;                 // device pixels per logical pixel
    double scale;                         // device pixels per picture pixel
    double center_x, center_y;            // picture point in the middle of the widget
    bool fit;                             // follow the widget's size: the whole picture is seen
    double left, right, bottom;           // of the widget, for what lies over it: left free then
};

struct viewport_rect {
    double x, y, width, height;
};

void viewport_init(struct viewport *v);

// Sets the size of the widget and the desktop scale; the point in the middle stays, or the picture
// still fits.
void viewport_resize(struct viewport *v, double width, double height, double device_factor);

// What a picture that fits leaves free at the sides, beside its margin.
void viewport_leave(struct viewport *v, double left, double right, double bottom);

// Sets the size of another picture, which is shown whole.
void viewport_set_picture(struct viewport *v, double width, double height);

// Shows the whole picture and keeps it so; small pictures are not enlarged beyond 1:1.
void viewport_fit(struct viewport *v);

// Shows a part of the picture, as large as it fits and is useful.
void viewport_show(struct viewport *v, double x, double y, double width, double height);

// Changes the scale (clamped to what is useful) so that the picture point under (x, y) stays there.
void viewport_zoom_at(struct viewport *v, double scale, double x, double y);

// Moves the picture by logical pixels; its edge goes no further than the middle of the widget.
void viewport_pan(struct viewport *v, double dx, double dy);

// Where the whole picture lies, in widget coordinates, and the part of it that is in the widget.
struct viewport_rect viewport_picture_rect(const struct viewport *v);
struct viewport_rect viewport_visible_rect(const struct viewport *v);

// From a point of the widget to one of the picture (also outside it), and back.
void viewport_to_picture(const struct viewport *v, double x, double y, double *px, double *py);
void viewport_from_picture(const struct viewport *v, double px, double py, double *x, double *y);

// The visible part of the picture, rounded out to whole pixels.
struct viewport_rect viewport_seen_pixels(const struct viewport *v);

// The picture is larger than the widget in at least one direction.
bool viewport_can_pan(const struct viewport *v);

// The compare handle is a fraction of the visible part, so it can never be scrolled away.
double viewport_split_to_x(const struct viewport *v, double split);
double viewport_x_to_split(const struct viewport *v, double x);
