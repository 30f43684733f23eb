// The queue: what runs, what waits in which order, and what has failed, with what can be done about
// each. It shows what the session's queue says (core/queue.h).
//
// Thread: main only.
#pragma once

#include "ui/core/session.h"
#include <adwaita.h>

G_BEGIN_DECLS

#define TINCTURE_TYPE_QUEUE_PAGE (tincture_queue_page_get_type())
G_DECLARE_FINAL_TYPE(TinctureQueuePage, tincture_queue_page, TINCTURE, QUEUE_PAGE, AdwBin)

void tincture_queue_page_set_session(TinctureQueuePage *self, TinctureSession *session);
void tincture_queue_page_show(TinctureQueuePage *self); // it is about to be seen

G_END_DECLS
