// What the hand does on the canvas: a family of tools, in the order of the toolbar. Names and keys
// are here; what each does to the picture is canvas_tools.c's.
//
// Thread: any.
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

enum canvas_tool {
    TOOL_HAND, // pan, and move the compare handle
    TOOL_FRAME,
    TOOL_BRUSH,
    TOOL_RECTANGLE,
    TOOL_LASSO,
    TOOL_PICK, // select what is at a place
    N_TOOLS,
};

struct canvas_tool_info {
    const char *name; // of the action's target: "brush"
    const char *title, *tooltip, *icon;
    gboolean masks;   // what it draws becomes part of the mask
    gboolean follows; // what it draws goes to the photo's edges, until "follow-edges" is changed
    gboolean erases;  // the switch "erase" is about it; what selects adds, or takes away with Alt
};
extern const struct canvas_tool_info canvas_tools[N_TOOLS];

#define TINCTURE_TYPE_CANVAS_TOOL (tincture_canvas_tool_get_type())
GType tincture_canvas_tool_get_type(void); // an enumeration with the names as nicks

G_END_DECLS
