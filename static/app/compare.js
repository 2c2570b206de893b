// The page of two branches: what was said is shown as it is in the conversation.
import "./elements/marked-text.js";
