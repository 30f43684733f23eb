// Between the canvas and the document: what a tool draws becomes a step of the mask, the frame the
// document's region; and the canvas shows both as the document has them.
//
// Thread: main only.
#pragma once

#include "ui/canvas/canvas.h"
#include "ui/core/session.h"

G_BEGIN_DECLS

struct masking;
// All borrowed; painting: of the project that is drawn on.
struct masking *masking_new(TinctureCanvas *canvas, TinctureSession *session,
                            TincturePainting *painting);
void masking_free(struct masking *m);

G_END_DECLS
