#include "ui/canvas/tool.h"

#include "compute/i18n.h"

const struct canvas_tool_info canvas_tools[N_TOOLS] = {
    [TOOL_HAND] = {"hand", N_("Hand"), N_("Move the picture and the comparison (H)"),
                   "tincture-hand-symbolic", FALSE, FALSE, FALSE},
    [TOOL_FRAME] = {"frame", N_("Frame"), N_("Frame the part that counts (F)"),
                    "tincture-frame-symbolic", FALSE, FALSE, FALSE},
    [TOOL_BRUSH] = {"brush", N_("Brush"), N_("Paint the mask (B)"), "tincture-brush-symbolic", TRUE,
                    TRUE, TRUE},
    [TOOL_RECTANGLE] = {"rectangle", N_("Rectangle"), N_("Mask a rectangle (M)"),
                        "tincture-rectangle-symbolic", TRUE, FALSE, TRUE},
    [TOOL_LASSO] = {"lasso", N_("Lasso"), N_("Draw around what is masked (L)"),
                    "tincture-lasso-symbolic", TRUE, TRUE, TRUE},
    [TOOL_PICK] = {"pick", N_("Select by click"),
                   N_("Select what is clicked (S); with Alt: take it away"),
                   "tincture-pick-symbolic", TRUE, FALSE, FALSE},
};

GType tincture_canvas_tool_get_type(void)
{
    static gsize type;
    if (g_once_init_enter(&type)) {
        static GEnumValue values[N_TOOLS + 1];
        for (int i = 0; i < N_TOOLS; i++) {
            values[i] = (GEnumValue){i, canvas_tools[i].title, canvas_tools[i].name};
        }
        g_once_init_leave(&type, g_enum_register_static("TinctureCanvasTool", values));
    }
    return type;
}
